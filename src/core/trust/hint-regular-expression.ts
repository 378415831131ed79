/** Marks that mean something in a regular expression and nothing in a glob, and hardly ever stand in an identifier. */
const marks = /^\^|\$$|\.[*+]|\\[dw.]|\[[^\]]*\][*+]?|\([^)]*\|[^)]*\)/;

/**
 * What to say of a pattern, or of a literal value, that was written as a regular expression; `undefined` where it was not.
 * Where only anchors and `.*` are in it, the glob that is meant is written out.
 */
export const hintRegularExpression = (registered: string): string | undefined => {
  if (!marks.test(registered)) return undefined;
  const glob = registered
    .replace(/^\^/, '')
    .replace(/\$$/, '')
    .replaceAll(/\.[*+]/g, '*')
    .replaceAll('\\.', '.');
  const meant = marks.test(glob) ? '' : ` Write ${glob}.`;
  return `This is written as a regular expression, and patterns here are globs: only * is special, ^ $ . [ ] ( ) | + and \\ stand for themselves.${meant}`;
};
