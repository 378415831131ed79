/**
 * What to tell an administrator about two values that are nearly the same: what they differ in. `undefined` where they are
 * simply two values.
 */
export const hintSpelling = (registered: string, presented: string): string | undefined => {
  if (registered.trim() === presented.trim()) return 'They differ only in surrounding space, which counts.';
  if (registered.replace(/\/$/, '') === presented.replace(/\/$/, '')) {
    return 'They differ only in a trailing slash, which counts.';
  }
  if (registered.toLowerCase() === presented.toLowerCase()) {
    return 'They differ only in upper and lower case, which counts.';
  }
  if (skeleton(registered) === skeleton(presented)) {
    return 'They look alike but hold different characters, for example another Unicode form or an invisible one. Copy the value from the token.';
  }
  return hintLookAlike(registered, presented);
};

/** Compatibility form without what cannot be seen. */
const skeleton = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\p{Cc}\p{Cf}\s]/gu, '')
    .toLowerCase();

/** A letter of another script in the place of a registered one. */
const hintLookAlike = (registered: string, presented: string): string | undefined => {
  const [wanted, came] = [Array.from(registered), Array.from(presented)];
  const strange = came.findIndex((character, index) => character !== wanted[index]);
  const character = came[strange];
  if (wanted.length !== came.length || character === undefined || /\p{ASCII}/u.test(character))
    return undefined;
  return `Character ${strange + 1} of the presented value is U+${codePoint(character)}, not U+${codePoint(wanted[strange] ?? '')}.`;
};

const codePoint = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
