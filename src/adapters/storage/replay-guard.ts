import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { ReplayGuard } from '../../ports/replay-guard.ts';
import type { Database } from './schema.ts';

/** Rows of one statement; what waits beyond it goes with the next one. */
const maxBatch = 500;

interface Use {
  readonly fingerprint: string;
  readonly until: number;
  readonly resolve: (first: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** JSON keeps the parts apart and every string, well-formed or not, distinct from every other (CA-15). */
const fingerprintOf = (tenant: string, party: string, jti: string): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, party, jti]))
    .digest('base64url');

const insertAbsent = async (db: Kysely<Database>, batch: readonly Use[]): Promise<void> => {
  const uses = new Map<string, number>();
  for (const { fingerprint, until } of batch) {
    uses.set(fingerprint, Math.max(until, uses.get(fingerprint) ?? 0));
  }
  // In one order on every node: two statements that wait for each other's rows would be a deadlock.
  const rows = [...uses].map(([fingerprint, until]) => ({ fingerprint, until }));
  const inserted = await db
    .insertInto('used_jtis')
    .values(rows.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)))
    .onConflict((conflict) => conflict.doNothing())
    .returning('fingerprint')
    .execute();
  const fresh = new Set(inserted.map((row) => row.fingerprint));
  for (const use of batch) {
    use.resolve(fresh.delete(use.fingerprint));
  }
};

/** {@link ReplayGuard} on either engine. Uses that arrive while a statement is under way share the next one, and its fsync. */
export const createReplayGuard = (db: Kysely<Database>): ReplayGuard => {
  let waiting: Use[] = [];
  let busy = false;

  const work = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      try {
        await insertAbsent(db, batch);
      } catch (error) {
        for (const use of batch) {
          use.reject(error);
        }
      }
    }
    busy = false;
  };

  return {
    consume: (tenant, party, jti, until) =>
      new Promise((resolve, reject) => {
        const rounded = Math.ceil(until);
        if (!Number.isSafeInteger(rounded)) {
          reject(new RangeError('the end of a single use is not a time'));
          return;
        }
        waiting.push({ fingerprint: fingerprintOf(tenant, party, jti), until: rounded, resolve, reject });
        if (!busy) {
          void work();
        }
      }),
    forgetBefore: async (time, limit) => {
      const { numDeletedRows } = await db
        .deleteFrom('used_jtis')
        .where('fingerprint', 'in', (query) =>
          query
            .selectFrom('used_jtis')
            .select('fingerprint')
            .where('until', '<', time)
            .orderBy('until')
            .limit(limit),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
};
