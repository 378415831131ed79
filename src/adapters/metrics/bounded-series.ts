/** The most series with a label of their own, beyond which the rest is one. */
export const maxSeries = 100;

/** What the rest goes by. */
export const otherLabel = 'other';

/**
 * Gives the first {@link maxSeries} names that come a place of their own, for as long as they are there, so that no series
 * changes its meaning while it lives, and puts the others together.
 *
 * @returns for one look: the items under each name that has a place, and those under none
 */
export const createBoundedSeries = <Item>(
  nameOf: (item: Item) => string,
  limit: number = maxSeries,
): ((items: readonly Item[]) => { readonly own: readonly Item[]; readonly others: readonly Item[] }) => {
  let places: ReadonlySet<string> = new Set();
  return (items) => {
    const present = new Set(items.map(nameOf));
    const kept = [...places].filter((name) => present.has(name));
    const fresh = [...present].filter((name) => !places.has(name));
    places = new Set([...kept, ...fresh].slice(0, limit));
    return {
      own: items.filter((item) => places.has(nameOf(item))),
      others: items.filter((item) => !places.has(nameOf(item))),
    };
  };
};
