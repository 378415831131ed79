import type { AccountKey } from '../core/accounts/account-key.ts';
import { startRounds } from '../core/rounds.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { AccountKeyStore } from '../ports/stores.ts';

/** When the keys of accounts were last used: remembered at once, written down now and then. */
export interface KeyUses {
  /** An assertion signed with the key was accepted. */
  used(key: Pick<AccountKey, 'tenant' | 'id'>, at: EpochMilliseconds): void;
  /** The key with the use that is not written down yet. */
  complete(key: AccountKey): AccountKey;
  /**
   * Writes down what is due at `now`, or everything. What cannot be written is due again.
   */
  write(now: EpochMilliseconds | 'everything'): Promise<void>;
}

/** A key in steady use is written down once in this time. */
const spacingMs = 60_000;

interface Use {
  readonly tenant: string;
  readonly id: string;
  at: EpochMilliseconds;
  writtenAt: EpochMilliseconds;
}

/** Nothing hangs on a use for the decision, so no token waits for a second write: a kill loses a minute of it at most. */
export const createKeyUses = (store: Pick<AccountKeyStore, 'touch'>): KeyUses => {
  const uses = new Map<string, Use>();
  const nameOf = ({ tenant, id }: Pick<AccountKey, 'tenant' | 'id'>): string => `${tenant}\n${id}`;
  return {
    used: (key, at) => {
      const name = nameOf(key);
      const use = uses.get(name);
      if (use === undefined) uses.set(name, { tenant: key.tenant, id: key.id, at, writtenAt: 0 });
      else use.at = Math.max(use.at, at);
    },
    complete: (key) => {
      const at = uses.get(nameOf(key))?.at ?? 0;
      return at > (key.lastUsedAt ?? 0) ? { ...key, lastUsedAt: at } : key;
    },
    write: async (now) => {
      for (const [name, use] of uses) {
        if (now !== 'everything' && use.writtenAt > now - spacingMs) continue;
        const { tenant, id, at } = use;
        if (at === use.writtenAt) uses.delete(name);
        else {
          // Statement by statement: rows held together could meet a change of the account the other way round.
          await store.touch(tenant, id, at);
          use.writtenAt = at;
        }
      }
    },
  };
};

/** Writes uses down as they become due, one round at a time; `stop` writes what is left. */
export const startWritingKeyUses = (
  uses: Pick<KeyUses, 'write'>,
  now: () => EpochMilliseconds,
  reportFault: (error: unknown) => void,
  intervalMs = 5000,
): { readonly stop: () => Promise<void> } => {
  const rounds = startRounds(() => uses.write(now()), reportFault, intervalMs);
  return {
    stop: async () => {
      await rounds.stop();
      await uses.write('everything').catch(reportFault);
    },
  };
};
