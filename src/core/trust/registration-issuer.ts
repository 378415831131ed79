import { fail, ok, type Result } from '../result.ts';
import { type IssuerUrlPolicy, parseIssuerUrl } from './issuer.ts';
import { refuseTrustDomainIssuer } from './trust-domain.ts';

/** What decides which issuers may be registered. */
export interface IssuerRegistrationPolicy extends IssuerUrlPolicy {
  /** Our configured issuer and every alias host we answer under, each without a trailing slash. */
  readonly ownIssuers: readonly string[];
}

/**
 * Whether `issuer` is one of ours: the configured identifier, an alias, or anything below them, where tenants and the
 * JWT-SVID issuers live (ST-29). The scheme does not count: behind TLS termination we have two.
 */
export const isOwnIssuer = (ownIssuers: readonly string[], issuer: string): boolean => {
  const candidate = withoutScheme(issuer);
  return ownIssuers.map(withoutScheme).some((own) => candidate === own || candidate.startsWith(`${own}/`));
};

const withoutScheme = (url: string): string => url.replace(/^https?:\/\//, '');

/**
 * Reads an issuer for registration, kept byte for byte: a clean URL (A28) that is not our own (ST-29), or a SPIFFE trust
 * domain in its canonical form (SV-05). The error is one sentence.
 */
export const parseRegisteredIssuer = (
  text: string,
  policy: IssuerRegistrationPolicy,
): Result<string, string> => {
  if (/^spiffe:/i.test(text)) {
    const refusal = refuseTrustDomainIssuer(text);
    return refusal === null ? ok(text) : fail(refusal);
  }
  const issuer = parseIssuerUrl(text, policy);
  if (!issuer.ok) return issuer;
  if (isOwnIssuer(policy.ownIssuers, issuer.value)) {
    return fail(
      'This is an issuer of this server. Its own tokens are never exchanged; register the issuer of the platform the workload runs on.',
    );
  }
  return ok(issuer.value);
};
