import type { Kysely } from 'kysely';
import { answerInTime } from '../../core/answer-in-time.ts';
import type { CommitPace } from '../../core/commit-pace.ts';
import type { ReplayGuard } from '../../ports/replay-guard.ts';
import { StoreUnavailable } from '../../ports/storage.ts';
import { fingerprintOf, type NotedUse, type NoteUses, toNotedUse } from './note-uses.ts';
import type { Database } from './schema.ts';

/** Rows of one statement; what waits beyond it goes with the next one. */
const maxBatch = 500;

interface Use extends PromiseWithResolvers<boolean>, NotedUse {}

const note = async (noteUses: NoteUses, batch: readonly Use[]): Promise<void> => {
  const uses = new Map<string, number>();
  for (const { fingerprint, until } of batch) {
    uses.set(fingerprint, Math.max(until, uses.get(fingerprint) ?? 0));
  }
  const fresh = new Set(await noteUses([...uses].map(([fingerprint, until]) => ({ fingerprint, until }))));
  for (const use of batch) {
    use.resolve(fresh.delete(use.fingerprint));
  }
};

/**
 * {@link ReplayGuard} on either engine. Uses that arrive while a statement is under way share the next one, and its fsync.
 *
 * @param maxWaitMs how long a use waits for the answer before it is rejected with {@link StoreUnavailable} (A67, B16);
 * whether it counts then is not known
 * @param pace when statements begin; one after the other without pause when `null`
 */
export const createReplayGuard = (
  db: Kysely<Database>,
  noteUses: NoteUses,
  maxWaitMs = 3000,
  pace: CommitPace | null = null,
): ReplayGuard => {
  const queue = new Set<Use>();
  let busy = false;

  const work = async (): Promise<void> => {
    busy = true;
    while (queue.size > 0) {
      const turn = pace?.next() ?? null;
      if (turn !== null) await turn;
      const batch = [...queue].slice(0, maxBatch);
      for (const use of batch) queue.delete(use);
      try {
        if (batch.length > 0) await note(noteUses, batch);
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
      const use = { ...toNotedUse(tenant, { party, jti, until }), ...Promise.withResolvers<boolean>() };
      queue.add(use);
      pace?.arrived();
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
