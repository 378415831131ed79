/**
 * How near two subjects are is how they begin, but for what hides that they are one: upper and lower case, the immutable ids
 * that some platforms write behind names (`OWNER@ID/REPO@ID`), and the anchor of a regular expression.
 */
export const nearForm = (subject: string): string =>
  subject
    .toLowerCase()
    .replace(/^\^/, '')
    .replaceAll(/@\d+(?=[/:]|$)/g, '');

/** `text` cut to at most `length` characters, and never through one. */
export const cutText = (text: string, length: number): string => {
  const cut = text.slice(0, length);
  return cut.isWellFormed() || cut.length < length ? cut : cut.slice(0, -1);
};

/** How many characters two texts share from their beginning. */
export const commonPrefix = (one: string, other: string): number => {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    if (one[index] !== other[index]) return index;
  }
  return length;
};
