import type { EpochMilliseconds } from '../time.ts';

/** So many older lines behind a line, and more than younger ones, say that its clock was ahead. */
const witnesses = 100;

/**
 * How many of the first lines of a trail are older than `horizon`. What goes is a beginning, so each line waits for the
 * ones before it; but one whose clock was ahead does not keep all that is behind it. Nor does one whose clock was behind
 * take along more than what stands right before it.
 *
 * @param times of the lines in the order of storing; `null` for one whose time cannot be believed: it goes with the next
 * @param behind the time of the next line that can be believed; `null` where there is none
 */
export const countDue = (
  times: readonly (EpochMilliseconds | null)[],
  horizon: EpochMilliseconds,
  behind: EpochMilliseconds | null,
): number => {
  let firstKept = times.length;
  let isNextDue = behind !== null && behind < horizon;
  let older = 0;
  let younger = 0;
  for (let index = times.length - 1; index >= 0; index -= 1) {
    const time = times[index] ?? null;
    if (time !== null) {
      isNextDue = time < horizon || (older >= witnesses && older > younger);
      if (time < horizon) older += 1;
      else younger += 1;
    }
    if (!isNextDue) firstKept = index;
  }
  return firstKept;
};
