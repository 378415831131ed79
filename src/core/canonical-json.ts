/**
 * `value` in the canonical form of RFC 8785: members sorted by their UTF-16 code units, no white space. What JSON cannot
 * carry is written as `JSON.stringify` writes it, so that a value and what is read back from its JSON give the same text.
 */
export const toCanonicalJson = (value: unknown): string => {
  if (isSorted(value)) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(',')}]`;
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined);
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${toCanonicalJson(member)}`)
    .join(',')}}`;
};

/** Whether `JSON.stringify`, which is far quicker, writes every member of `value` in its canonical place. */
const isSorted = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let last: string | null = null;
  for (const [name, member] of Object.entries(value)) {
    if ((last !== null && name < last) || !isSorted(member)) return false;
    last = name;
  }
  return true;
};
