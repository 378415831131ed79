import type { Block } from '../core/blocks/block.ts';
import { type Blocks, buildBlocks } from '../core/blocks/blocks.ts';
import { ok, type Result } from '../core/result.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Stores } from '../ports/stores.ts';
import { type AdminProblem, refuse } from './admin-problem.ts';
import {
  type AdministratorState,
  type AdministratorStores,
  hasAdministrator,
  isAdministrator,
  mayAdminister,
} from './administrators.ts';

/** When it is, and whether an administrator insists. */
interface Insistence {
  readonly now: EpochMilliseconds;
  readonly force: boolean;
}

/**
 * Refuses what would leave a tenant without an enabled administrator, for nobody could ever change it again; and, unless
 * `force` is set, without one who has something to sign in with. Who is blocked counts as little as who is disabled.
 *
 * @param after the account as it would be; `null`: it is gone
 */
export const refuseLastAdministrator = async (
  stores: AdministratorStores & Pick<Stores, 'blocks'>,
  before: AdministratorState,
  after: AdministratorState | null,
  { now, force }: Insistence,
): Promise<Result<void, AdminProblem>> => {
  const { id, tenant, role, status } = before.account;
  if (role !== 'administrator' || status !== 'enabled') return ok(undefined);
  const blocks = buildBlocks(await stores.blocks.allOf(tenant));
  if (!isAdministrator(before, blocks)) return ok(undefined);
  const hasOther = (ableAt: EpochMilliseconds | null): Promise<boolean> =>
    hasAdministrator(stores, tenant, blocks, { exceptId: id, ableAt });

  const stays = after !== null && isAdministrator(after, blocks);
  if (!stays && !(await hasOther(null))) return refuseLast();
  const isAble = async (state: AdministratorState | null): Promise<boolean> =>
    state !== null && (await mayAdminister(stores, state, blocks, now));
  if (!(await isAble(before)) || (await isAble(after))) return ok(undefined);
  return (await hasOther(force ? null : now)) ? ok(undefined) : refuseLastAble();
};

/**
 * The same for a block, whatever it is of: what blocks the last administrator itself is never done, what blocks the only
 * way in only with `force`, for a stolen key or a hostile issuer has to be stopped all the same.
 */
export const refuseBlockingAdministrators = async (
  stores: AdministratorStores,
  tenant: string,
  present: readonly Block[],
  block: Block,
  { now, force }: Insistence,
): Promise<Result<void, AdminProblem>> => {
  const [before, after] = [buildBlocks(present), buildBlocks([...present, block])];
  const has = (blocks: Blocks, ableAt: EpochMilliseconds | null): Promise<boolean> =>
    hasAdministrator(stores, tenant, blocks, { ableAt });
  if (!(await has(after, null)) && (await has(before, null))) return refuseLast();
  if (force || (await has(after, now)) || !(await has(before, now))) return ok(undefined);
  return block.target.kind === 'account' ? refuseLastAble() : refuseOnlyWayIn('blocks');
};

/**
 * Refuses, unless `force` is set, what leaves nobody who could sign in; to be asked after the change, within its
 * transaction. A compromised issuer has to be switchable all the same.
 *
 * @param ableBefore whether anybody could before it
 */
export const refuseShutIssuer = async (
  stores: AdministratorStores & Pick<Stores, 'blocks'>,
  tenant: string,
  ableBefore: boolean,
  { now, force }: Insistence,
): Promise<Result<void, AdminProblem>> =>
  force || !ableBefore || (await someoneMaySignIn(stores, tenant, now))
    ? ok(undefined)
    : refuseOnlyWayIn('disables');

/** Whether any administrator of the tenant could sign in. */
export const someoneMaySignIn = async (
  stores: AdministratorStores & Pick<Stores, 'blocks'>,
  tenant: string,
  now: EpochMilliseconds,
): Promise<boolean> =>
  hasAdministrator(stores, tenant, buildBlocks(await stores.blocks.allOf(tenant)), { ableAt: now });

const refuseLast = () =>
  refuse(
    'last_administrator',
    'This is the last enabled administrator of the tenant. Give another service account the role first.',
  );

const refuseLastAble = () =>
  refuse(
    'last_administrator',
    'No other administrator of the tenant has a federation or a usable key to sign in with. Give one of them a key first; where another administrator exists, ?force=true overrides this.',
  );

const refuseOnlyWayIn = (act: 'blocks' | 'disables') =>
  refuse(
    'last_administrator',
    `Every administrator of the tenant signs in through this. Give one of them a key first; ?force=true ${act} it all the same.`,
  );
