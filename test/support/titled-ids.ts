import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const testFolder = join(import.meta.dirname, '..');
const comments = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g;
const literals = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const identifiers = /\b(?:[AB]\d{2,3}|[A-Z]{2}-\d{2})\b/g;

/** The rows of the checklists that a text names within its string literals: there titles stand, comments do not. */
export const idsInTitles = (source: string): readonly string[] =>
  (source.replace(comments, '').match(literals) ?? []).flatMap((literal) => literal.match(identifiers) ?? []);

/** Every row that some test names in a title, with the files that do; those that keep the lists themselves are left out. */
export const collectTitledIds = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
  const found = new Map<string, string[]>();
  for (const path of await readdir(testFolder, { recursive: true })) {
    if (!path.endsWith('.test.ts') || path.endsWith('coverage.test.ts')) continue;
    for (const id of new Set(idsInTitles(await readFile(join(testFolder, path), 'utf8'))))
      found.set(id, [...(found.get(id) ?? []), path]);
  }
  return found;
};

/** `prefix` followed by each number from `first` to `last`, two digits at least: `row('TX-', 1, 3)`. */
export const row = (prefix: string, first: number, last: number): readonly string[] =>
  Array.from(
    { length: last - first + 1 },
    (_unused, index) => `${prefix}${String(first + index).padStart(2, '0')}`,
  );
