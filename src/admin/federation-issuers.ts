import type { ServiceAccount } from '../core/accounts/service-account.ts';
import { ok, type Result } from '../core/result.ts';
import { below, problem, type RegistrationProblem } from '../core/trust/registration-problem.ts';
import { trustDomainOf } from '../core/trust/trust-domain.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { Stores } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, refuse, refuseInput } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseKeySource } from './parse-key-source.ts';
import { knownJwksUri, trustedIssuerDefaults } from './register-trusted-issuer.ts';
import { keySource } from './trusted-issuers.ts';

/** The part of a federation that names an issuer and, where it was said, its keys. */
interface NamedIssuer {
  readonly issuer: string;
  readonly jwksUri: string | null;
}

/** Where the JWK Set of every issuer named by `accounts` is; a trust domain has none, but a bundle. */
export const issuersOf = async (
  stores: Pick<Stores, 'trustedIssuers'>,
  tenant: string,
  accounts: readonly Pick<ServiceAccount, 'federations'>[],
): Promise<ReadonlyMap<string, string | null>> => {
  const issuers = new Set(accounts.flatMap(({ federations }) => federations.map(({ issuer }) => issuer)));
  const found = new Map<string, string | null>();
  for (const issuer of issuers) {
    const isTrustDomain = trustDomainOf(issuer) !== null;
    const known = isTrustDomain ? null : await stores.trustedIssuers.findByIssuer(tenant, issuer);
    found.set(issuer, known?.jwksUri ?? null);
  }
  return found;
};

/**
 * Registers the issuers that are not known yet, within the transaction of the account (contract §5), and refuses where a
 * federation says other keys than those registered: an issuer has one key set in a tenant.
 *
 * @returns the issuers that are new
 */
export const registerIssuers = async (
  deps: AdminDependencies,
  stores: Pick<Stores, 'trustedIssuers'>,
  actor: Actor,
  federations: readonly NamedIssuer[],
): Promise<Result<readonly string[], AdminProblem>> => {
  const added: string[] = [];
  for (const [index, federation] of federations.entries()) {
    const known = await stores.trustedIssuers.findByIssuer(actor.account.tenant, federation.issuer);
    if (trustDomainOf(federation.issuer) !== null) {
      const refusals = refuseTrustDomain(known, federation);
      if (refusals.length > 0) return refuseInput(below(`/federations/${index}`, refusals));
      continue;
    }
    if (known !== null) {
      if (!agrees(deps, known, federation.jwksUri)) return refuseConflict(known);
      continue;
    }
    const jwksUri = federation.jwksUri ?? knownJwksUri(deps, federation.issuer);
    const refusals = refuseKeySource(deps, { issuer: federation.issuer, jwksUri, jwks: null });
    if (refusals.length > 0) return refuseInput(below(`/federations/${index}`, refusals));
    await stores.trustedIssuers.insert(buildTrustedIssuer(deps, actor, federation.issuer, jwksUri));
    added.push(federation.issuer);
  }
  return ok(added);
};

/** A trust domain is registered by itself: name, bundle endpoint and profile, none derived from another (SV-23). */
const refuseTrustDomain = (
  known: TrustedIssuer | null,
  { jwksUri }: NamedIssuer,
): readonly RegistrationProblem[] => {
  if (jwksUri !== null)
    return [problem('/jwksUri', 'A trust domain has a bundle and no JWK Set URI. Leave this out.')];
  return known === null
    ? [
        problem(
          '/issuer',
          'This trust domain is not registered. Register it as a trusted issuer first, with bundleEndpointUrl and bundleEndpointProfile.',
        ),
      ]
    : [];
};

const agrees = (
  deps: Pick<AdminDependencies, 'issuerKeys'>,
  known: TrustedIssuer,
  jwksUri: string | null,
): boolean => {
  if (jwksUri === null || known.jwksUri === jwksUri) return true;
  // Discovery may have led to that very place already.
  return known.jwksUri === null && known.jwks === null && deps.issuerKeys.health(known).jwksUri === jwksUri;
};

const refuseConflict = (known: TrustedIssuer) =>
  refuse(
    'issuer_conflict',
    `The issuer ${known.issuer} is registered with keys from ${keySource(known)}. Leave jwksUri out to use them, or change the trusted issuer ${known.id} first.`,
  );

const buildTrustedIssuer = (
  deps: Pick<AdminDependencies, 'newId' | 'clock'>,
  actor: Actor,
  issuer: string,
  jwksUri: string | null,
): TrustedIssuer => {
  const now = deps.clock.now();
  return {
    ...trustedIssuerDefaults,
    jwks: null,
    issuer,
    jwksUri,
    tenant: actor.account.tenant,
    id: deps.newId(),
    createdAt: now,
    updatedAt: now,
    version: 1,
  };
};
