import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dangerousActs } from '../../config/tools/dangerous-acts.ts';

const root = resolve(import.meta.dirname, '../..');
const src = join(root, 'src');
const map = readFileSync(join(src, 'README.md'), 'utf8');

/** What stands in backticks and looks like a path: with a slash or the name of a source file. */
const pathsIn = (text: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g)]
      .map(([, path = '']) => path)
      .filter((path) => path.includes('/') || path.endsWith('.ts')),
  ),
];

/** Every folder below src, as the map names it. */
const folders = readdirSync(src, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => relative(src, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));

const named = [...map.matchAll(/^\| `([\w/-]+)` \|/gm)].map(([, folder = '']) => folder);

describe('src/README.md, the map', () => {
  it('has a row for every folder of src', () => {
    expect(folders.length).toBeGreaterThan(20);
    expect(folders.filter((folder) => !named.includes(folder))).toEqual([]);
  });

  it('names no folder that is not there', () => {
    const rows = [...new Set(named)].filter((folder) => !existsSync(join(src, folder)));
    expect(rows).toEqual([]);
  });

  it('names no path that is not there', () => {
    const paths = pathsIn(map);
    expect(paths.length).toBeGreaterThan(50);
    expect(paths.filter((path) => !existsSync(join(src, path)) && !existsSync(join(root, path)))).toEqual([]);
  });

  it('would see a path that is not there', () => {
    expect(pathsIn('as in `core/nowhere.ts` and `http`, not `POST /token` or `a()`')).toEqual([
      'core/nowhere.ts',
    ]);
  });

  it.each(dangerousActs)('gives $name its home', ({ name, home }) => {
    const row = map.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '';
    const homes = [...row.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    expect(homes).not.toEqual([]);
    for (const path of homes) expect(`src/${path}${path.endsWith('.ts') ? '' : '/'}`).toMatch(home);
  });
});
