/** A map that forgets what was not asked for in a long time. */
export interface RecentMap<Value> {
  get(key: string): Value | undefined;
  /** Sets the value of a key, and gives it back. */
  set(key: string, value: Value): Value;
}

/**
 * Keeps the values of at least the last `most / 2` keys that were asked for or set, and of `most` keys at most. In two halves,
 * the older of which is dropped at once: what is asked for all the time is only looked up, and not put into an order each time.
 */
export const createRecentMap = <Value>(most: number): RecentMap<Value> => {
  const half = Math.max(1, Math.floor(most / 2));
  let recent = new Map<string, Value>();
  let older = new Map<string, Value>();

  const set = (key: string, value: Value): Value => {
    if (recent.size >= half && !recent.has(key)) {
      older = recent;
      recent = new Map();
    }
    recent.set(key, value);
    return value;
  };

  return {
    get: (key) => {
      const known = recent.get(key);
      if (known !== undefined) return known;
      const remembered = older.get(key);
      return remembered === undefined ? undefined : set(key, remembered);
    },
    set,
  };
};
