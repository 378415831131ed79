import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const documents = [
  'README.md',
  'CHANGELOG.md',
  'src/README.md',
  '.github/CONTRIBUTING.md',
  '.github/SECURITY.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
];
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
};

/** Relative links of a document, without their fragments. */
const linksIn = (text: string): readonly string[] =>
  [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);

describe.each(documents)('%s', (name) => {
  const text = read(name);

  it('links to files that exist', () => {
    const broken = linksIn(text).filter((link) => !existsSync(join(root, dirname(name), link)));
    expect(broken).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const scripts = [...text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, script = '']) => script);
    expect(scripts.filter((script) => manifest.scripts[script] === undefined)).toEqual([]);
  });
});

describe('README.md', () => {
  it('links to the map, the divergences, the changes and the rules of the house', () => {
    const links = linksIn(read('README.md'));
    for (const link of [
      'src/README.md',
      'docs/divergences.md',
      'CHANGELOG.md',
      '.github/CONTRIBUTING.md',
      '.github/SECURITY.md',
      'LICENSE',
    ])
      expect(links).toContain(link);
  });

  it('says the two commands that do everything', () => {
    expect(read('README.md')).toContain('\nnpm ci && npm start\n');
    expect(read('README.md')).toContain('\nnpm ci && npm test\n');
  });
});

describe('CHANGELOG.md', () => {
  it('has a section for the version in package.json, below the unreleased one', () => {
    const sections = [...read('CHANGELOG.md').matchAll(/^## (\S+)/gm)].map(([, section]) => section);
    expect(sections[0]).toBe('Unreleased');
    expect(sections).toContain(manifest.version);
  });
});

describe('docs/divergences.md', () => {
  const rows = read('docs/divergences.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (clause|---)/.test(line))
    .map((line) => line.split(' | '));

  it('has decisions to show', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)('%s: cites a clause, says of which kind it is, what and why', (...row) => {
    const [clause, kind, what, why] = row;
    expect(clause).toMatch(
      /^\| (RFC \d{4}|OpenID Connect Discovery|SPIFFE |JWT-SVID|spiffe-client-auth-\d\d)/,
    );
    expect(clause).toMatch(/RFC \d{4}|§\d/);
    expect(['differs', 'stricter', 'chosen']).toContain(kind);
    for (const text of [what, why]) expect(text).toMatch(/^\S.+\.( \|)?$/);
    expect(row).toHaveLength(4);
  });
});
