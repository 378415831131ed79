import { checksOf, failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { Blocks } from '../core/blocks/blocks.ts';
import { checkNotBlocked } from '../core/blocks/check-blocks.ts';
import { type ClientAssertionType, clientAssertionTypes } from '../core/oauth/vocabulary.ts';
import type { Tenant } from '../core/tenants/tenant.ts';
import { trustDomainIssuer, trustDomainOf } from '../core/trust/trust-domain.ts';
import type { TokenKind } from './token-kinds.ts';
import type { IssuerEntry, TrustDirectory } from './trust-directory.ts';

/** Who vouches for a third-party token, and by which rules it is judged. */
export interface TokenSource {
  readonly entry: IssuerEntry;
  /** The trust domain of `sub` where the token is judged as a JWT-SVID; `null` where its `iss` is registered. */
  readonly trustDomain: string | null;
  /** What is blocked in the tenant, as it was when the issuer was looked up. */
  readonly blocks: Blocks;
}

/**
 * Registered issuer that is not blocked or stop, without network (ST-14). A token whose `iss` is registered is judged by that issuer; one
 * without, whose `sub` is a SPIFFE ID, by the trust domain of `sub` and by no other (SV-16, SV-17). What authenticates
 * with the type jwt-spiffe is a JWT-SVID whatever its `iss`, and only that type takes one (CA-21).
 */
export const findTrustedIssuer = async (
  directory: Pick<TrustDirectory, 'issuer' | 'blocks'>,
  tenant: Pick<Tenant, 'name' | 'settings'>,
  token: Exclude<TokenKind, { kind: 'own-key' }>,
  assertionType: ClientAssertionType | null,
): Promise<Verdict<TokenSource>> => {
  const { issuer } = token;
  const blocks = await directory.blocks(tenant.name);
  const byIssuer =
    issuer === null || trustDomainOf(issuer) !== null || assertionType === clientAssertionTypes.jwtSpiffe
      ? null
      : await directory.issuer(tenant.name, issuer);
  if (byIssuer !== null || token.kind !== 'jwt-svid')
    return checkEntry(byIssuer, issuer ?? '', { trustDomain: null, blocks });

  const { trustDomain } = token;
  if (trustDomain === tenant.settings.trustDomain) return refuseOwnTrustDomain(trustDomain);
  const name = trustDomainIssuer(trustDomain);
  const entry = checkEntry(await directory.issuer(tenant.name, name), name, { trustDomain, blocks });
  return entry.ok && assertionType === clientAssertionTypes.jwtBearer ? refuseType(entry) : entry;
};

const checkEntry = (
  entry: IssuerEntry | null,
  issuer: string,
  { trustDomain, blocks }: Omit<TokenSource, 'entry'>,
): Verdict<TokenSource> => {
  const expected = 'a trusted issuer of this tenant';
  if (entry === null)
    return refuse('issuer_unknown', [
      failed(
        'issuer.registered',
        expected,
        present(issuer),
        trustDomain === null
          ? 'Register the issuer, written exactly as in the iss claim, with a service account of this tenant.'
          : 'Register the trust domain of the sub claim as a trusted issuer of this tenant, with its bundle endpoint.',
      ),
    ]);
  const seen = { known: true, issuer };
  if (entry.trustedIssuer.status === 'disabled')
    return refuse(
      'issuer_disabled',
      [failed('issuer.status', 'enabled', 'disabled', 'An administrator disabled this trusted issuer.')],
      seen,
    );
  const open = checkNotBlocked(blocks.issuer(entry.trustedIssuer.issuer), seen);
  if (!open.ok) return open;
  return grant(
    { entry, trustDomain, blocks },
    () => [passed('issuer.registered', expected, present(issuer))],
    seen,
  );
};

/** Of the tenant's own trust domain only this server issues JWT-SVIDs (ST-29, SV-17). */
const refuseOwnTrustDomain = (trustDomain: string): Verdict<never> =>
  refuse('token_of_our_own', [
    failed(
      'claims.sub.trustDomain',
      'the trust domain of a third party',
      trustDomain,
      'This tenant issues the JWT-SVIDs of this trust domain. They are presented to APIs and never exchanged again.',
    ),
  ]);

const refuseType = (entry: Verdict<TokenSource>): Verdict<never> =>
  refuse(
    'client_assertion_type_unfit',
    [
      ...checksOf(entry),
      failed(
        'parameter.client_assertion_type',
        clientAssertionTypes.jwtSpiffe,
        clientAssertionTypes.jwtBearer,
        'A JWT-SVID authenticates a client under a type of its own.',
      ),
    ],
    entry.seen,
  );
