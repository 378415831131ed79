import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { CompactJws } from '../core/jwt/compact-form.ts';
import { member } from '../core/json.ts';

/** The longest `iss` anybody can have registered (`parseIssuerUrl`). */
const maxIssuerLength = 512;

/** Whose token this claims to be; decided by the form of `iss`, because issuers are URLs and account ids are not (CC-03, CA-24). */
export type TokenKind =
  | { readonly kind: 'third-party'; readonly issuer: string }
  | { readonly kind: 'own-key'; readonly issuer: string };

/** Tells a third-party token from an own-key assertion, and refuses what we issued ourselves (ST-29, A38). */
export const classifyToken = (jws: CompactJws, baseIssuer: string): Verdict<TokenKind> => {
  const issuer = member(jws.claims, 'iss');
  const check = 'claims.iss.form';
  const expected = 'a trusted issuer or the id of a service account';
  if (typeof issuer !== 'string' || issuer === '' || issuer.length > maxIssuerLength)
    return refuse('issuer_missing', [
      failed(
        check,
        expected,
        present(issuer),
        'The token needs an iss claim, a string, that names who issued it.',
      ),
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
  const kind = /^https?:\/\//i.test(issuer) ? 'third-party' : 'own-key';
  return grant({ kind, issuer }, [passed(check, expected, present(issuer))]);
};
