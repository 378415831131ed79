import type { InboxEntry, RefusedAttempts } from '../core/inbox/inbox-entry.ts';
import { type JsonObject, type JsonValue } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import { trustDomainOf } from '../core/trust/trust-domain.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound } from './admin-problem.ts';
import { changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { type AccountProposal, proposeAccount, type ProposalRequest } from './propose-account.ts';
import { requireCurrent, type VersionCondition } from './version-condition.ts';

/** What a list of the inbox may be narrowed by; every given member must hold. */
export interface InboxFilter {
  readonly issuer?: string;
  readonly subject?: string;
  readonly verified?: boolean;
}

/** An entry with its sample. */
export type InboxDetail = InboxEntry & Pick<RefusedAttempts, 'claims'>;

/** An entry grows by itself and nobody edits it: one version for all of its life. */
export const inboxVersion = 1;

/** The refused attempts of the actor's tenant, the last seen first; few by their nature. */
export const listInbox = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  { issuer, subject, verified }: InboxFilter,
): Promise<readonly InboxEntry[]> =>
  (await deps.storage.inbox.list(actor.account.tenant)).filter(
    (entry) =>
      (issuer === undefined || entry.issuer === issuer) &&
      (subject === undefined || entry.subject === subject) &&
      (verified === undefined || entry.verified === verified),
  );

/** The entry with this id, with its sample of claims. */
export const getInboxEntry = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  id: string,
): Promise<Result<InboxDetail, AdminProblem>> => {
  const entry = await deps.storage.inbox.find(actor.account.tenant, id);
  return entry === null ? notFound('inbox entry') : ok(entry);
};

/** Takes an entry out. Should the attempt be made again, it comes back. */
export const deleteInboxEntry = (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
): Promise<Result<void, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const found = await stores.inbox.find(actor.account.tenant, id);
    const entry = requireCurrent(
      'inbox entry',
      found === null ? null : { ...found, version: inboxVersion },
      condition,
    );
    if (!entry.ok) return entry;
    await stores.inbox.remove(actor.account.tenant, id);
    const { issuer, subject, audience, count } = entry.value;
    return ok({
      value: undefined,
      activity: { type: 'inbox.delete', reason: 'deleted', issuer, details: { subject, audience, count } },
    });
  });

/** {@link proposeAccount} with what an entry knows in the place of a token. */
export const proposeFromInbox = async (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  request: Omit<ProposalRequest, 'token' | 'claims'>,
): Promise<Result<AccountProposal, AdminProblem>> => {
  const entry = await getInboxEntry(deps, actor, id);
  if (!entry.ok) return entry;
  const proposal = await proposeAccount(deps, actor, { ...request, claims: claimsOf(entry.value) });
  if (!proposal.ok) return proposal;
  const { verified } = entry.value;
  const verification = verified
    ? 'A key of the trusted issuer verified these attempts.'
    : 'Nobody verified these attempts: anybody may have made them up. Make sure of them before you register them.';
  return ok({ ...proposal.value, keys: { ...proposal.value.keys, verified, verification } });
};

/** The sample, with the parts that are known better: a sample is cut sooner than they are. */
const claimsOf = ({ issuer, subject, audience, claims }: InboxDetail): JsonObject => ({
  ...Object.fromEntries(Object.entries(claims ?? {}).filter(([, value]) => !wasCut(value))),
  ...(trustDomainOf(issuer) === null ? { iss: issuer } : {}),
  sub: subject,
  ...(audience === '' ? {} : { aud: audience.split(' ') }),
});

/** What stands in the place of a value that was masked or cut must not become a condition. */
const wasCut = (value: JsonValue): boolean => typeof value === 'string' && /<[^<>]*>$/.test(value);
