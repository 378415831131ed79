import type { Siblings } from '../ports/siblings.ts';

/** What this process does when a tenant was changed. */
export interface OwnChanges {
  /** What is kept of the tenant is read anew. */
  readonly forget: (tenant: string) => void;
  /** The signing keys that are known serve no more; resolves when the others are there. */
  readonly replaceKeys: (tenant: string) => Promise<void>;
}

/** What the whole node does. */
export interface NodeChanges {
  readonly forget: (tenant: string) => Promise<void>;
  readonly replaceKeys: (tenant: string) => Promise<void>;
}

const topics = { changed: 'tenant-changed', keys: 'signing-keys-changed' } as const;

/**
 * Makes every worker do what this one does, before the answer to a change leaves: what an administrator blocks through one
 * is blocked in all of them. A worker that does not answer in time finds the change in the store within a second or two, as
 * other nodes do (contract §7).
 */
export const shareChanges = (siblings: Siblings, own: OwnChanges): NodeChanges => {
  siblings.on(topics.changed, async (tenant) => {
    own.forget(tenant as string);
    return true;
  });
  siblings.on(topics.keys, async (tenant) => {
    await own.replaceKeys(tenant as string);
    return true;
  });
  return {
    forget: async (tenant) => {
      own.forget(tenant);
      await siblings.ask(topics.changed, tenant);
    },
    replaceKeys: async (tenant) => {
      await Promise.all([own.replaceKeys(tenant), siblings.ask(topics.keys, tenant)]);
    },
  };
};
