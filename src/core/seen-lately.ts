/** Remembers which names were seen, for about as long as there are no more of them than it has places. */
export interface SeenLately {
  /** Notes `name`; whether it is remembered. Some name in a hundred thousand is taken for one that was seen before. */
  note(name: string): boolean;
}

/**
 * {@link SeenLately} in the same room whatever it notes: a mark of 32 bits in the place that the mark leads to. A name that
 * leads to the same place takes it, so what comes often is remembered, and what comes once keeps nothing else out for long.
 */
export const rememberLately = (places: number): SeenLately => {
  const marks = new Uint32Array(places);
  return {
    note: (name) => {
      const mark = markOf(name);
      const place = mark % places;
      const isKnown = marks[place] === mark;
      marks[place] = mark;
      return isKnown;
    },
  };
};

/** FNV-1a, of 16 bits at a time; never 0, which is in a place where nothing was noted. */
const markOf = (name: string): number => {
  let mark = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1)
    mark = Math.imul(mark ^ name.charCodeAt(index), 0x01000193);
  // The lower bits, which choose the place, hold little of the last characters otherwise.
  mark = Math.imul(mark ^ (mark >>> 15), 0x2c1b3c6d);
  return (mark ^ (mark >>> 13)) >>> 0 || 1;
};
