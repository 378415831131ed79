import type { NoteUses } from '../note-uses.ts';
import type { Commit } from './share-commits.ts';

/** {@link NoteUses} in a commit that others may share. */
export const createNoteUses =
  (commit: Commit): NoteUses =>
  async (uses) => {
    const answer = await commit({
      write: 'uses',
      uses: uses.flatMap(({ fingerprint, until }) => [fingerprint, until]),
    });
    if (typeof answer === 'boolean') throw new TypeError('uses are answered with those that are new');
    return answer;
  };
