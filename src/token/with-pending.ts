import type { Activity } from '../core/activity/activity.ts';
import type { Storage } from '../ports/storage.ts';
import type { AccountKeyStore } from '../ports/stores.ts';
import type { KeyUses } from './key-uses.ts';
import type { AttemptCollection } from './refused-attempts.ts';
import type { StrangerBudget } from './stranger-budget.ts';

/**
 * What is known and not written yet may be looked up all the same: receipts of strangers, the last use of keys and refused
 * attempts.
 */
export const withPending = (
  storage: Storage,
  strangers: {
    pending(...receipt: Parameters<StrangerBudget['pending']>): Activity | null | Promise<Activity | null>;
  },
  keyUses: Pick<KeyUses, 'complete'>,
  attempts: Pick<AttemptCollection, 'write'>,
): Storage => {
  const withUses = (accountKeys: AccountKeyStore): AccountKeyStore => ({
    ...accountKeys,
    listOf: async (tenant, accountId) =>
      (await accountKeys.listOf(tenant, accountId)).map((key) => keyUses.complete(key)),
  });
  return {
    ...storage,
    accountKeys: withUses(storage.accountKeys),
    activities: {
      ...storage.activities,
      find: async (tenant, id) =>
        (await storage.activities.find(tenant, id)) ?? strangers.pending(tenant, id),
    },
    inbox: {
      ...storage.inbox,
      list: async (tenant) => {
        await attempts.write();
        return storage.inbox.list(tenant);
      },
    },
    transaction: async (work) => {
      // A change may clear the inbox of what was refused before it. What cannot be written stays due.
      await attempts.write().catch(() => undefined);
      return storage.transaction((stores) => work({ ...stores, accountKeys: withUses(stores.accountKeys) }));
    },
  };
};
