/** Remembers which names were seen, for about as long as there are no more of them than it has places. */
export interface SeenLately {
  /** Notes `name`; whether it is remembered. Some name in a hundred thousand is taken for one that was seen before. */
  note(name: string): boolean;
}

/**
 * So many names whose marks lead to the same set stand side by side. With one, of ten thousand names that come in turn in
 * sixteen thousand places almost half would push each other out for good, and never be remembered.
 */
const ways = 8;

/**
 * {@link SeenLately} in the same room whatever it notes: a mark of 32 bits in the set of places that the mark leads to. The
 * name that was noted last stands first, and who stood last in a full set is forgotten; so what comes often is remembered,
 * and what comes once keeps nothing else out for long.
 *
 * @param places a multiple of 8
 */
export const rememberLately = (places: number): SeenLately => {
  const marks = new Uint32Array(places);
  const sets = places / ways;
  return {
    note: (name) => {
      const mark = markOf(name);
      const first = (mark % sets) * ways;
      const last = first + ways - 1;
      let place = first;
      while (place < last && marks[place] !== mark) place += 1;
      const isKnown = marks[place] === mark;
      marks.copyWithin(first + 1, first, place);
      marks[first] = mark;
      return isKnown;
    },
  };
};

/** FNV-1a, of 16 bits at a time; never 0, which is in a place where nothing was noted. */
const markOf = (name: string): number => {
  let mark = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1)
    mark = Math.imul(mark ^ name.charCodeAt(index), 0x01000193);
  // The lower bits, which choose the set, hold little of the last characters otherwise.
  mark = Math.imul(mark ^ (mark >>> 15), 0x2c1b3c6d);
  return (mark ^ (mark >>> 13)) >>> 0 || 1;
};
