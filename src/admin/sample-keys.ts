import type { JoseHeader } from '../core/jwt/read-header.ts';
import type { CompactJws } from '../core/jwt/compact-form.ts';
import type { IssuerPreset } from '../core/trust/preset.ts';
import { trustDomainOf } from '../core/trust/trust-domain.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import { verifySignature } from '../token/verify-third-party-token.ts';
import type { AdminDependencies } from './dependencies.ts';
import { trustedIssuerDefaults } from './register-trusted-issuer.ts';

/** Where the keys of the issuer of a sample are, and whether they verify it. */
export interface SampleKeys {
  /** The trusted issuer where it is registered. */
  readonly id: string | null;
  readonly jwksUri: string | null;
  /** How {@link jwksUri} became known; `null`: it did not. */
  readonly how: 'registered' | 'preset' | 'discovery' | null;
  /** Whether the signature of the sample is good. */
  readonly verified: boolean;
  /** Why it is so, as a sentence. */
  readonly verification: string;
}

type Deps = Pick<AdminDependencies, 'issuerKeys' | 'svidTrials' | 'checkOutboundUrl' | 'newId' | 'clock'>;

/**
 * Finds the keys of an issuer, registered or not: those that are registered, those its platform is known for, or by
 * discovery, through the guarded way out. What was fetched for an issuer that is not registered is forgotten again. That
 * keys cannot be had is said and no failure.
 *
 * @param jws the sample; `null` where there are claims alone
 */
export const findSampleKeys = async (
  deps: Deps,
  tenant: string,
  issuer: {
    readonly name: string;
    readonly known: TrustedIssuer | null;
    readonly preset: IssuerPreset | null;
    /** Why nobody may ask it, as a sentence; `null`: nothing stands against it. */
    readonly closed: string | null;
  },
  jws: CompactJws | null,
): Promise<SampleKeys> => {
  const { known, preset, name, closed } = issuer;
  if (known !== null) {
    const jwksUri = known.jwksUri ?? deps.issuerKeys.health(known).jwksUri;
    if (closed !== null)
      return {
        ...unreachable(`The keys were not fetched. ${closed}`),
        id: known.id,
        jwksUri,
        how: 'registered',
      };
    return { id: known.id, jwksUri, how: 'registered', ...(await verify(deps, known, jws)) };
  }
  if (closed !== null) return unreachable(`The keys were not fetched. ${closed}`);
  if (trustDomainOf(name) !== null)
    return unreachable(
      'A trust domain has to be registered with its bundle endpoint before its keys are known.',
    );
  const jwksUri = preset?.jwksUri ?? null;
  const refusal = deps.checkOutboundUrl(jwksUri ?? name);
  if (refusal !== null) return unreachable(`The keys were not fetched. ${refusal}`);

  const passing = buildPassingIssuer(deps, tenant, name, jwksUri);
  try {
    if (jwksUri !== null) return { id: null, jwksUri, how: 'preset', ...(await verify(deps, passing, jws)) };
    const health = await deps.issuerKeys.refresh(passing);
    if (health.jwksUri === null)
      return unreachable(`Discovery failed: ${health.lastError ?? 'it names no JWK Set.'}`);
    return { id: null, jwksUri: health.jwksUri, how: 'discovery', ...(await verify(deps, passing, jws)) };
  } finally {
    deps.issuerKeys.forget(tenant, passing.id);
  }
};

const unreachable = (verification: string): SampleKeys => ({
  id: null,
  jwksUri: null,
  how: null,
  verified: false,
  verification,
});

const verify = async (
  { svidTrials: { issuerKeys, verifier } }: Deps,
  issuer: TrustedIssuer,
  jws: CompactJws | null,
): Promise<Pick<SampleKeys, 'verified' | 'verification'>> => {
  if (jws === null)
    return { verified: false, verification: 'Claims were given, and they carry no signature.' };
  const lookup = await issuerKeys.find(issuer, headerOf(jws));
  if (lookup.found !== 'key')
    return { verified: false, verification: `No key verified it: ${lookup.detail}` };
  const signature = await verifySignature(verifier, jws, lookup.key);
  return signature.ok
    ? { verified: true, verification: 'A key of the issuer verifies the signature.' }
    : {
        verified: false,
        verification:
          'The signature is not good: the token was altered, or another key than its header names signed it.',
      };
};

const headerOf = ({ header: { alg, kid } }: CompactJws): Pick<JoseHeader, 'alg' | 'kid'> => ({ alg, kid });

/** An issuer for the length of one request; it is never stored. */
const buildPassingIssuer = (
  { newId, clock }: Deps,
  tenant: string,
  issuer: string,
  jwksUri: string | null,
): TrustedIssuer => ({
  ...trustedIssuerDefaults,
  tenant,
  id: newId(),
  issuer,
  jwksUri,
  jwks: null,
  createdAt: clock.now(),
  updatedAt: clock.now(),
  version: 1,
});
