/**
 * Which of several lines, in their order, use something that was used before: elsewhere, by a line before them that is
 * kept, or by the same line. A line of which one use is spent uses up nothing (CA-14).
 *
 * @param fingerprintsOf the uses of a line
 * @param isFresh whether a use was not there before all of them
 * @returns those lines, each with the place of the first of its uses that is spent
 */
export const settleUses = <Line>(
  lines: readonly Line[],
  fingerprintsOf: (line: Line) => readonly string[],
  isFresh: (fingerprint: string) => boolean,
): ReadonlyMap<Line, number> => {
  const usedUp = new Set<string>();
  const spent = new Map<Line, number>();
  for (const line of lines) {
    const uses = fingerprintsOf(line);
    const place = uses.findIndex(
      (use, index) => !isFresh(use) || usedUp.has(use) || uses.indexOf(use) < index,
    );
    if (place !== -1) spent.set(line, place);
    else for (const use of uses) usedUp.add(use);
  }
  return spent;
};
