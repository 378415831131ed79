import { type Party, partyOf } from '../core/activity/activity.ts';
import { type Block, type BlockTarget, maxBlocks } from '../core/blocks/block.ts';
import { ok, type Result } from '../core/result.ts';
import { parseSpiffeId } from '../core/spiffe/spiffe-id.ts';
import { problem } from '../core/trust/registration-problem.ts';
import { trustDomainOf } from '../core/trust/trust-domain.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { BlockFilter, Stores } from '../ports/stores.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse, refuseInput } from './admin-problem.ts';
import { type ChangeActivity, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { refuseBlockingAdministrators } from './last-administrator.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** What is to be blocked, as it is asked for. */
export type RequestedTarget =
  | { readonly account: string }
  | { readonly federation: string }
  | { readonly trustedIssuer: string }
  | { readonly issuer: string; readonly subject: string }
  | { readonly issuer: string; readonly keyId: string };

/** A target that is there, and what its activity says of it. */
interface FoundTarget {
  readonly target: BlockTarget;
  readonly name: string;
  /** The account that is hit. */
  readonly account: Party | null;
}

/** One page of what is blocked in the actor's tenant. */
export const listBlocks = (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  filter: BlockFilter,
  page: PageRequest,
): Promise<Page<Block>> => deps.storage.blocks.list(actor.account.tenant, filter, page);

/** The block with this id. */
export const getBlock = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  id: string,
): Promise<Result<Block, AdminProblem>> => {
  const block = await deps.storage.blocks.find(actor.account.tenant, id);
  return block === null ? notFound('block') : ok(block);
};

/**
 * Throws a kill switch: the target is refused at every door from now on, at once here and within seconds on every node.
 * Nothing of the target itself is changed, so that removing the block restores what was before.
 */
export const createBlock = (
  deps: AdminDependencies,
  actor: Actor,
  requested: RequestedTarget,
  reason: string,
  force: boolean,
): Promise<Result<Block, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const { tenant } = actor.account;
    const found = await findTarget(stores, tenant, requested);
    if (!found.ok) return found;
    const present = await stores.blocks.allOf(tenant);
    if (present.length >= maxBlocks)
      return refuse('too_many_blocks', `A tenant may have ${maxBlocks} blocks. Remove some first.`);
    const now = deps.clock.now();
    const block: Block = {
      tenant,
      id: deps.newId(),
      target: found.value.target,
      name: found.value.name,
      reason,
      createdBy: partyOf(actor.account),
      createdAt: now,
      version: 1,
    };
    const ways = await refuseBlockingAdministrators(stores, tenant, present, block, { now, force });
    if (!ways.ok) return ways;
    await stores.blocks.insert(block);
    return ok({
      value: block,
      activity: {
        ...describeTarget(block, found.value.account),
        type: 'block.create',
        reason: 'created',
        details: { ...detailsOf(block), why: reason },
      },
    });
  });

/**
 * Removes a block; its target is again what it was before, by its own status.
 *
 * @param why in the words of the administrator; `null`: not said
 */
export const deleteBlock = (
  deps: AdminDependencies,
  actor: Actor,
  id: string,
  condition: VersionCondition,
  why: string | null,
): Promise<Result<void, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const { tenant } = actor.account;
    const before = requireCurrent('block', await stores.blocks.find(tenant, id), condition);
    if (!before.ok) return before;
    const block = before.value;
    if (!(await stores.blocks.remove(tenant, id, block.version))) return stale();
    return ok({
      value: undefined,
      activity: {
        ...describeTarget(block, await accountOf(stores, block)),
        type: 'block.delete',
        reason: 'deleted',
        details: { ...detailsOf(block), blockedFor: block.reason, ...(why === null ? {} : { why }) },
      },
    });
  });

const findTarget = async (
  stores: Pick<Stores, 'serviceAccounts' | 'trustedIssuers'>,
  tenant: string,
  requested: RequestedTarget,
): Promise<Result<FoundTarget, AdminProblem>> => {
  if ('account' in requested) {
    const account = await stores.serviceAccounts.find(tenant, requested.account);
    return account === null
      ? refuseTarget('account', 'There is no service account with this id in this tenant.')
      : ok({
          target: { kind: 'account', account: account.id },
          name: account.name,
          account: partyOf(account),
        });
  }
  if ('federation' in requested) {
    const { federation } = requested;
    const account = await stores.serviceAccounts.findByFederation(tenant, federation);
    return account === null
      ? refuseTarget('federation', 'No service account of this tenant has a federation with this id.')
      : ok({
          target: { kind: 'federation', federation },
          name: `a federation of ${account.name}`,
          account: partyOf(account),
        });
  }
  if ('trustedIssuer' in requested) {
    const issuer = await stores.trustedIssuers.find(tenant, requested.trustedIssuer);
    return issuer === null
      ? refuseTarget('trustedIssuer', 'There is no trusted issuer with this id in this tenant.')
      : ok({
          target: { kind: 'trusted-issuer', trustedIssuer: issuer.id, issuer: issuer.issuer },
          name: issuer.issuer,
          account: null,
        });
  }
  return findForeign(stores, tenant, requested);
};

/** A block that cannot meet a token would only look like safety: the issuer has to be written as it is registered. */
const findForeign = async (
  stores: Pick<Stores, 'trustedIssuers'>,
  tenant: string,
  requested: Extract<RequestedTarget, { readonly issuer: string }>,
): Promise<Result<FoundTarget, AdminProblem>> => {
  const { issuer } = requested;
  if ((await stores.trustedIssuers.findByIssuer(tenant, issuer)) === null)
    return refuseTarget(
      'issuer',
      'This tenant has no trusted issuer of this name. Write it as it is registered; a trust domain as spiffe:// and its name.',
    );
  if ('keyId' in requested) {
    const { keyId } = requested;
    return ok({ target: { kind: 'key', issuer, keyId }, name: `key ${keyId} of ${issuer}`, account: null });
  }
  const { subject } = requested;
  if (subject !== subject.trim())
    return refuseTarget('subject', 'Take the white space around the subject away: it is compared exactly.');
  const trustDomain = trustDomainOf(issuer);
  if (trustDomain !== null) {
    const workload = parseSpiffeId(subject);
    if (!workload.ok || workload.value.trustDomain !== trustDomain || workload.value.path === '')
      return refuseTarget(
        'subject',
        `Give the SPIFFE ID of a workload of ${trustDomain}, exactly as in sub.`,
      );
  }
  return ok({
    target: { kind: 'subject', issuer, subject },
    name: `${subject} of ${issuer}`,
    account: null,
  });
};

const refuseTarget = (member: string, message: string) =>
  refuseInput([problem(`/target/${member}`, message)]);

/** The members by which the filters of the trail find it. */
const describeTarget = (
  { target }: Block,
  account: Party | null,
): Pick<ChangeActivity, 'account' | 'issuer' | 'subject'> => ({
  ...(account === null ? {} : { account }),
  ...('issuer' in target ? { issuer: target.issuer } : {}),
  ...('subject' in target ? { subject: target.subject } : {}),
});

const detailsOf = ({ id, name, target }: Block): ChangeActivity['details'] => {
  const { kind, ...parts } = target;
  return { block: id, kind, name, ...parts };
};

/** The account a block hits, while it is there. */
const accountOf = async (
  { serviceAccounts }: Pick<Stores, 'serviceAccounts'>,
  { tenant, target }: Block,
): Promise<Party | null> => {
  const account =
    target.kind === 'account'
      ? await serviceAccounts.find(tenant, target.account)
      : target.kind === 'federation'
        ? await serviceAccounts.findByFederation(tenant, target.federation)
        : null;
  return account === null ? null : partyOf(account);
};
