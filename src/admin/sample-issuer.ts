import type { CompactJws } from '../core/jwt/compact-form.ts';
import { type JsonObject, member } from '../core/json.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Tenant } from '../core/tenants/tenant.ts';
import { parseRegisteredIssuer } from '../core/trust/registration-issuer.ts';
import { trustDomainIssuer, trustDomainOf } from '../core/trust/trust-domain.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { Stores } from '../ports/stores.ts';
import { classifyToken } from '../token/token-kinds.ts';
import type { AdminDependencies } from './dependencies.ts';
import { registrationPolicy } from './register-trusted-issuer.ts';

/** Who would vouch for a sample, registered or not. */
export interface SampleIssuer {
  readonly name: string;
  readonly known: TrustedIssuer | null;
}

type Deps = Pick<
  AdminDependencies,
  'presets' | 'baseIssuer' | 'aliasIssuers' | 'allowLoopbackHttp' | 'checkOutboundUrl' | 'signatureVerifier'
> & { readonly storage: Pick<Stores, 'trustedIssuers'> };

/**
 * The issuer that federations on tokens like this have to name, found as the token endpoint finds it: a registered `iss`,
 * else the trust domain of a JWT-SVID. The error is a sentence: what we issue ourselves is never exchanged (ST-29).
 */
export const findSampleIssuer = async (
  deps: Deps,
  tenant: Tenant,
  claims: JsonObject,
): Promise<Result<SampleIssuer, string>> => {
  const kind = classifyToken({ claims } satisfies Pick<CompactJws, 'claims'>, deps.baseIssuer);
  if (!kind.ok)
    return fail(kind.checks.findLast(({ ok: isGood }) => !isGood)?.hint ?? 'The token is not accepted.');
  if (kind.value.kind === 'own-key' && kind.value.issuer !== member(claims, 'sub'))
    return fail(
      'The issuer of this token is no https URL and cannot be registered. Have the platform issue a token by its OpenID Connect issuer.',
    );
  if (kind.value.kind === 'own-key')
    return fail(
      'This is an assertion that a service account signs with a key of its own. Give the account that key; it needs no federation.',
    );
  const { issuer } = kind.value;
  const find = async (name: string): Promise<SampleIssuer> => ({
    name,
    known: await deps.storage.trustedIssuers.findByIssuer(tenant.name, name),
  });

  const byIssuer = issuer === null || trustDomainOf(issuer) !== null ? null : await find(issuer);
  if (kind.value.kind === 'jwt-svid' && (byIssuer === null || byIssuer.known === null)) {
    const { trustDomain } = kind.value;
    if (trustDomain === tenant.settings.trustDomain)
      return fail(
        'This tenant issues the JWT-SVIDs of this trust domain itself, and its own tokens are never exchanged.',
      );
    const byTrustDomain = await find(trustDomainIssuer(trustDomain));
    if (byTrustDomain.known !== null || byIssuer === null) return ok(byTrustDomain);
  }
  const found = byIssuer ?? (await find(issuer ?? ''));
  const acceptable = parseRegisteredIssuer(found.name, registrationPolicy(deps, tenant.name));
  return acceptable.ok ? ok(found) : acceptable;
};
