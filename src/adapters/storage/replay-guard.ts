import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { answerInTime } from '../../core/answer-in-time.ts';
import type { ReplayGuard } from '../../ports/replay-guard.ts';
import { StoreUnavailable } from '../../ports/storage.ts';
import type { Database } from './schema.ts';

/** Rows of one statement; what waits beyond it goes with the next one. */
const maxBatch = 500;

interface Use extends PromiseWithResolvers<boolean> {
  readonly fingerprint: string;
  readonly until: number;
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

/**
 * {@link ReplayGuard} on either engine. Uses that arrive while a statement is under way share the next one, and its fsync.
 *
 * @param maxWaitMs how long a use waits for the answer before it is rejected with {@link StoreUnavailable} (A67, B16);
 * whether it counts then is not known
 */
export const createReplayGuard = (db: Kysely<Database>, maxWaitMs = 3000): ReplayGuard => {
  const queue = new Set<Use>();
  let busy = false;

  const work = async (): Promise<void> => {
    busy = true;
    while (queue.size > 0) {
      const batch = [...queue].slice(0, maxBatch);
      for (const use of batch) queue.delete(use);
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
    consume: async (tenant, party, jti, until) => {
      const rounded = Math.ceil(until);
      if (!Number.isSafeInteger(rounded)) throw new RangeError('the end of a single use is not a time');
      const fingerprint = fingerprintOf(tenant, party, jti);
      const use = { fingerprint, until: rounded, ...Promise.withResolvers<boolean>() };
      queue.add(use);
      if (!busy) {
        void work();
      }
      return await answerInTime(use.promise, maxWaitMs, () => {
        queue.delete(use);
        return new StoreUnavailable(`the single use was not noted within ${maxWaitMs} ms`);
      });
    },
    isUsed: async (tenant, party, jti) => {
      const row = db
        .selectFrom('used_jtis')
        .select('fingerprint')
        .where('fingerprint', '=', fingerprintOf(tenant, party, jti))
        .executeTakeFirst();
      const overdue = () => new StoreUnavailable(`the single use was not looked up within ${maxWaitMs} ms`);
      return (await answerInTime(row, maxWaitMs, overdue)) !== undefined;
    },
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
