import type { Storage } from '../ports/storage.ts';
import type { AccountKeyStore } from '../ports/stores.ts';
import type { KeyUses } from './key-uses.ts';
import type { StrangerBudget } from './stranger-budget.ts';

/** What is known and not written yet may be looked up all the same: receipts of strangers and the last use of keys. */
export const withPending = (
  storage: Storage,
  strangers: Pick<StrangerBudget, 'pending'>,
  keyUses: Pick<KeyUses, 'complete'>,
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
    transaction: (work) =>
      storage.transaction((stores) => work({ ...stores, accountKeys: withUses(stores.accountKeys) })),
  };
};
