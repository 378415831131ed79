/** The milliseconds of the shortest and the longest pause after a failure. */
const least = 30_000;
const most = 300_000;

/**
 * Milliseconds to wait after the `failures`th failure in a row: 30 s, doubled each time, up to half as much again by
 * chance, at most 5 min (JF-13). It begins at 30 s because that is also how often a flood of unknown keys may cause a
 * fetch, of an issuer that answers with errors too (A50). `random` gives 0 to 1.
 */
export const backOffMilliseconds = (failures: number, random: () => number): number => {
  const doubled = least * 2 ** Math.min(failures - 1, 10);
  return Math.min(most, Math.round(doubled * (1 + random() / 2)));
};
