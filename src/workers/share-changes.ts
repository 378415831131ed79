import type { Touched } from '../core/trust/touched.ts';
import type { Message, Siblings } from '../ports/siblings.ts';

/** What this process does when a tenant was changed. */
export interface OwnChanges {
  /** What is kept of the tenant is read anew. */
  readonly forget: (tenant: string, touched?: Touched) => void;
  /** The signing keys that are known serve no more; resolves when the others are there. */
  readonly replaceKeys: (tenant: string) => Promise<void>;
}

/** What the whole node does. */
export interface NodeChanges {
  readonly forget: (tenant: string, touched?: Touched) => Promise<void>;
  readonly replaceKeys: (tenant: string) => Promise<void>;
}

/** Spelled out, for an interface is not known to be a message. */
const messageOf = ({ accounts, groups, issuers }: Touched): Message => ({
  accounts,
  groups: groups.map((group) => ({ ...group })),
  issuers,
});

const topics = { changed: 'tenant-changed', keys: 'signing-keys-changed' } as const;

/**
 * Makes every worker do what this one does, before the answer to a change leaves: what an administrator blocks through one
 * is blocked in all of them. A worker that does not answer in time finds the change in the store within a second or two, as
 * other nodes do (contract §7).
 */
export const shareChanges = (siblings: Siblings, own: OwnChanges): NodeChanges => {
  siblings.on(topics.changed, async (change) => {
    const { tenant, touched } = change as { readonly tenant: string; readonly touched: Touched | null };
    own.forget(tenant, touched ?? undefined);
    return true;
  });
  siblings.on(topics.keys, async (tenant) => {
    await own.replaceKeys(tenant as string);
    return true;
  });
  return {
    forget: async (tenant, touched) => {
      own.forget(tenant, touched);
      await siblings.ask(topics.changed, {
        tenant,
        touched: touched === undefined ? null : messageOf(touched),
      });
    },
    replaceKeys: async (tenant) => {
      await Promise.all([own.replaceKeys(tenant), siblings.ask(topics.keys, tenant)]);
    },
  };
};
