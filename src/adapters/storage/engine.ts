import type { Kysely } from 'kysely';
import type { NoteUses } from './note-uses.ts';
import type { Database } from './schema.ts';
import type { FindPlaces } from './stores/activity-query.ts';
import type { Chaining } from './stores/append-activities.ts';

/** Which of the two databases is spoken to; only migrations and the opening differ by it. */
export type EngineName = 'sqlite' | 'postgres';

/** An open, migrated database. */
export interface Engine {
  readonly db: Kysely<Database>;
  /** Runs `work` in a transaction while no other transaction of this kind runs, on any node. */
  readonly transact: <T>(work: (db: Kysely<Database>) => Promise<T>) => Promise<T>;
  readonly chaining: Chaining;
  /** `null` where an index finds ids, jtis and accounts. */
  readonly findPlaces: FindPlaces | null;
  readonly noteUses: NoteUses;
  readonly close: () => Promise<void>;
}
