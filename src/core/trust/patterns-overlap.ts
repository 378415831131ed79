/** A character for itself, any one character, or any run of them. */
type Token = string | typeof anyOne | typeof anyRun;

const anyOne = 1;
const anyRun = 2;

/** How much may still be looked at, in pairs of characters; shared by comparisons that belong together. */
export interface OverlapWork {
  left: number;
}

/** Enough for the two longest patterns there are. */
const enough = 1_000_000;

/**
 * Whether some value is covered by both patterns, read as `compilePattern` reads them; a text without `*` covers itself.
 * At most the product of their lengths is looked at, and no more than `work` has left: beyond it the answer is no.
 */
export const patternsOverlap = (
  one: string,
  other: string,
  work: OverlapWork = { left: enough },
): boolean => {
  if (!agreeAtTheEnds(one, other)) return false;
  if (!one.includes('*') && !other.includes('*')) return one === other;
  work.left -= one.length + other.length;
  if (work.left < 0) return false;
  const [left, right] = [tokensOf(one), tokensOf(other)];
  const width = right.length + 1;
  const seen = new Set<number>();
  const waiting: [number, number][] = [[0, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [i, j] = next;
    const place = i * width + j;
    if (seen.has(place)) continue;
    seen.add(place);
    work.left -= 1;
    if (work.left < 0) return false;
    const [a, b] = [left[i], right[j]];
    if (a === undefined && b === undefined) return true;
    // A run may be over, may take what the other side takes, and needs nothing from it.
    if (a === anyRun) waiting.push([i + 1, j]);
    if (b === anyRun) waiting.push([i, j + 1]);
    if (a === undefined || b === undefined) continue;
    if (a === anyRun && b !== anyRun) waiting.push([i, j + 1]);
    if (b === anyRun && a !== anyRun) waiting.push([i + 1, j]);
    if (a !== anyRun && b !== anyRun && (a === b || a === anyOne || b === anyOne))
      waiting.push([i + 1, j + 1]);
  }
  return false;
};

const tokensOf = (pattern: string): readonly Token[] => {
  const tokens: Token[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index] ?? '';
    if (character !== '*') tokens.push(character);
    else if (':/'.includes(pattern[index - 1] ?? ' ')) tokens.push(anyOne, anyRun);
    else tokens.push(anyRun);
  }
  return tokens;
};

/** Cheap, and false for nearly every pair: the literal beginnings, and endings, must fit each other. */
const agreeAtTheEnds = (one: string, other: string): boolean => {
  const [left, right] = [one.indexOf('*'), other.indexOf('*')];
  const start = Math.min(left < 0 ? one.length : left, right < 0 ? other.length : right);
  if (one.slice(0, start) !== other.slice(0, start)) return false;
  if (left < 0 && right < 0) return one === other;
  const end = Math.min(one.length - 1 - one.lastIndexOf('*'), other.length - 1 - other.lastIndexOf('*'));
  return end === 0 || one.slice(-end) === other.slice(-end);
};
