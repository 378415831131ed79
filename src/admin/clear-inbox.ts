import type { InboxEntry } from '../core/inbox/inbox-entry.ts';
import type { Federation } from '../core/trust/federation.ts';
import { compilePattern } from '../core/trust/pattern.ts';
import { trustDomainOf } from '../core/trust/trust-domain.ts';
import type { Stores } from '../ports/stores.ts';

/** Takes the entries out that `federations` cover from now on: what was missing is there. */
export const clearInbox = async (
  stores: Pick<Stores, 'inbox'>,
  tenant: string,
  federations: readonly Federation[],
): Promise<void> => {
  if (federations.length === 0) return;
  const tests = federations.map(buildCoverage);
  for (const entry of await stores.inbox.list(tenant))
    if (tests.some((covers) => covers(entry))) await stores.inbox.remove(tenant, entry.id);
};

const buildCoverage = ({ issuer, subject, subjectPattern }: Federation): ((entry: InboxEntry) => boolean) => {
  const pattern = compilePattern(subjectPattern ?? '');
  // The subject of a JWT-SVID says which trust domain vouches for it, whatever its iss says (SV-17).
  const isTrustDomain = trustDomainOf(issuer) !== null;
  return (entry) =>
    (isTrustDomain || entry.issuer === issuer) &&
    (subject === null ? pattern.ok && pattern.value(entry.subject) : entry.subject === subject);
};
