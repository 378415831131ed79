import type { NotedUse, NoteUses } from '../note-uses.ts';
import type { FlatUses } from './commit-protocol.ts';
import type { Commit } from './share-commits.ts';

/** Uses as a commit takes them. */
export const flatten = (uses: readonly NotedUse[]): FlatUses =>
  uses.flatMap(({ fingerprint, until }) => [fingerprint, until]);

/** {@link NoteUses} in a commit that others may share. */
export const createNoteUses =
  (commit: Commit): NoteUses =>
  async (uses) => {
    const answer = await commit({ write: 'uses', uses: flatten(uses) });
    if (answer?.written !== 'uses') throw new TypeError('uses are answered with those that are new');
    return answer.fresh;
  };
