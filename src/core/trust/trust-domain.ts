import { refuseTrustDomain } from '../spiffe/spiffe-id.ts';

const scheme = 'spiffe://';

/** The issuer a SPIFFE trust domain is registered as, and the issuer of all its JWT-SVIDs, whatever their `iss` says (SV-17). */
export const trustDomainIssuer = (trustDomain: string): string => `${scheme}${trustDomain}`;

/** The trust domain an issuer stands for, or `null` where it is a URL like any other. Only the canonical form is one (SV-05). */
export const trustDomainOf = (issuer: string): string | null => {
  if (!issuer.startsWith(scheme)) return null;
  const name = issuer.slice(scheme.length);
  return refuseTrustDomain(name) === null ? name : null;
};

/** What is wrong with `issuer` as the name of a trust domain, as a sentence, or `null`. */
export const refuseTrustDomainIssuer = (issuer: string): string | null => {
  if (!issuer.startsWith(scheme)) return 'A trust domain is written spiffe:// and its name, in lower case.';
  const name = issuer.slice(scheme.length);
  if (name.includes('/'))
    return 'The issuer of JWT-SVIDs is a trust domain alone, without a path: spiffe:// and its name. The path belongs into the subject of a federation.';
  return refuseTrustDomain(name);
};
