import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { IssuerKeys } from '../ports/issuer-keys.ts';
import type { Siblings } from '../ports/siblings.ts';
import type { TrustedIssuerStore } from '../ports/stores.ts';

const topic = 'issuer-keys-refresh';

/** Keys of issuers that every worker fetches when one of them is told to. Each keeps its own and says how its own are. */
export const shareRefresh = <Keys extends IssuerKeys>(
  siblings: Siblings,
  issuerKeys: Keys,
  registered: Pick<TrustedIssuerStore, 'find'>,
): Keys => {
  siblings.on(topic, async (issuer) => {
    const [tenant = '', id = ''] = issuer as readonly string[];
    // One that is only being tried is not registered, and of no use to the others.
    const found = await registered.find(tenant, id);
    if (found !== null) await issuerKeys.refresh(found);
    return true;
  });
  return {
    ...issuerKeys,
    refresh: (issuer: TrustedIssuer) => {
      siblings.tell(topic, [issuer.tenant, issuer.id]);
      return issuerKeys.refresh(issuer);
    },
  };
};
