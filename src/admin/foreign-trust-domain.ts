import { problem, type RegistrationProblem } from '../core/trust/registration-problem.ts';
import { trustDomainIssuer } from '../core/trust/trust-domain.ts';
import type { Stores } from '../ports/stores.ts';

/**
 * Why a tenant cannot begin to issue for this trust domain: it trusts another authority of it, and a trust domain has one
 * (A81). `null` where it can. For use inside the transaction that takes it, whose lock keeps the issuer from being
 * registered meanwhile.
 *
 * @param path of the member that names the trust domain
 */
export const refuseForeignTrustDomain = async (
  { trustedIssuers }: Pick<Stores, 'trustedIssuers'>,
  tenant: string,
  trustDomain: string,
  path: string,
): Promise<RegistrationProblem | null> => {
  const known = await trustedIssuers.findByIssuer(tenant, trustDomainIssuer(trustDomain));
  return known === null
    ? null
    : problem(
        path,
        `This tenant trusts the JWT-SVIDs that others issue for ${trustDomain}, as the trusted issuer ${known.id}. Delete that one first, or choose another trust domain.`,
      );
};
