import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { CompactJws } from '../core/jwt/compact-form.ts';
import { type JsonObject, member } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { parseSpiffeId } from '../core/spiffe/spiffe-id.ts';

/** The longest `iss` anybody can have registered (`parseIssuerUrl`). */
const maxIssuerLength = 512;

/**
 * Whose token this claims to be; decided by the form of `sub` and `iss`, because a workload's SPIFFE ID is no account id,
 * and issuers are URLs and account ids are not (CC-03, CA-24).
 */
export type TokenKind =
  | { readonly kind: 'third-party'; readonly issuer: string }
  /** `sub` is the SPIFFE ID of a workload. `issuer` is its `iss`, which may well be absent (JWT-SVID §3). */
  | { readonly kind: 'jwt-svid'; readonly issuer: string | null; readonly trustDomain: string }
  | { readonly kind: 'own-key'; readonly issuer: string };

/** Tells third-party tokens, JWT-SVIDs and own-key assertions apart, and refuses what we issued ourselves (ST-29, A38). */
export const classifyToken = (jws: Pick<CompactJws, 'claims'>, baseIssuer: string): Verdict<TokenKind> => {
  const issuer = member(jws.claims, 'iss');
  const check = 'claims.iss.form';
  const expected = 'a trusted issuer or the id of a service account';
  const trustDomain = trustDomainOfWorkload(jws.claims);
  if (issuer === undefined && trustDomain.ok)
    return grant({ kind: 'jwt-svid', issuer: null, trustDomain: trustDomain.value }, [
      passed('claims.sub.form', expectedWorkload, present(member(jws.claims, 'sub'))),
    ]);
  if (typeof issuer !== 'string' || issuer === '' || issuer.length > maxIssuerLength)
    return refuse('issuer_missing', [
      failed(
        check,
        expected,
        present(issuer),
        'The token needs an iss claim, a string, that names who issued it. A JWT-SVID may do without.',
      ),
      ...(trustDomain.ok || trustDomain.error === null
        ? []
        : [
            failed(
              'claims.sub.form',
              expectedWorkload,
              present(member(jws.claims, 'sub')),
              trustDomain.error,
            ),
          ]),
    ]);
  if (
    issuer === baseIssuer ||
    issuer.startsWith(`${baseIssuer}/t/`) ||
    issuer.startsWith(`${baseIssuer}/spiffe`)
  )
    return refuse('token_of_our_own', [
      failed(
        check,
        'a third party',
        present(issuer),
        'A token issued here is presented to APIs; it is never exchanged again.',
      ),
    ]);
  const checks = () => [passed(check, expected, present(issuer))];
  if (trustDomain.ok) return grant({ kind: 'jwt-svid', issuer, trustDomain: trustDomain.value }, checks);
  const kind = /^(?:https?|spiffe):\/\//i.test(issuer) ? 'third-party' : 'own-key';
  return grant({ kind, issuer }, checks);
};

const expectedWorkload = 'the SPIFFE ID of a workload';

/** The error is what is wrong with a SPIFFE ID, or `null` where `sub` does not look like one. */
const trustDomainOfWorkload = (claims: JsonObject): Result<string, string | null> => {
  const subject = member(claims, 'sub');
  if (typeof subject !== 'string' || !/^spiffe:/i.test(subject)) return fail(null);
  const id = parseSpiffeId(subject);
  if (!id.ok) return id;
  return id.value.path === ''
    ? fail('This is a trust domain; no workload is named.')
    : ok(id.value.trustDomain);
};
