import type { Kysely } from 'kysely';
import type { NoteUses } from '../note-uses.ts';
import type { Database } from '../schema.ts';

/** {@link NoteUses} in one statement. */
export const createNoteUses =
  (db: Kysely<Database>): NoteUses =>
  async (uses) => {
    const inserted = await db
      .insertInto('used_jtis')
      // In one order on every node: two statements that wait for each other's rows would be a deadlock.
      .values(uses.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)))
      .onConflict((conflict) => conflict.doNothing())
      .returning('fingerprint')
      .execute();
    return inserted.map(({ fingerprint }) => fingerprint);
  };
