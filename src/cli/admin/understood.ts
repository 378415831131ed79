import { CommandFailed } from '../command-failed.ts';
import { exitCodes } from '../exit-codes.ts';

const line = 'what answered is not this API, or is of another version: its answer cannot be understood';

/** For an answer whose members are not what they have to be. */
export const notUnderstood = (cause?: unknown): CommandFailed =>
  new CommandFailed(exitCodes.refused, [line], { cause });

/**
 * What `read` makes of an answer, which is taken at its word: a member that is missing or of another type is found where it
 * is used, and is no fault of this program.
 *
 * @param read looks at an answer and at nothing else
 * @throws CommandFailed refused
 */
export const understood = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw notUnderstood(error);
    throw error;
  }
};
