// The house holds because this file says so: who may import whom, and where the dangerous acts live.
// config/tools/import-rules.ts and config/tools/dangerous-acts.ts are the checkers; here they are run on src, and
// shown a violation of each rule to prove that they would see one.
import { execFile } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import importRules from '../config/tools/import-rules.ts';
import { dangerousActs, findDangerousActs } from '../config/tools/dangerous-acts.ts';

interface Cruise {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

const root = resolve(import.meta.dirname, '..');
const rings = [
  'core',
  'ports',
  'keys',
  'token',
  'admin',
  'admin-api',
  'http',
  'workers',
  'config',
  'cli',
  'console',
  'adapters',
];

/** Each rule, what it protects, and an import that breaks it: [file, what it imports]. */
const rules: readonly {
  rule: string;
  protects: string;
  broken: readonly [file: string, imports: string][];
}[] = [
  {
    rule: 'core-is-pure',
    protects: 'the decision depends on its arguments alone: no package, no Node, no I/O, nothing above it',
    broken: [
      ['src/core/a.ts', '../ports/good.ts'],
      ['src/core/b.ts', 'node:crypto'],
      ['src/core/c.ts', 'jose'],
    ],
  },
  {
    rule: 'conditions-are-pure-but-for-cel',
    protects: 'the conditions may use the CEL evaluator, and it is the only package in the core',
    broken: [
      ['src/core/trust/conditions/a.ts', 'jose'],
      ['src/core/trust/conditions/b.ts', 'node:module'],
    ],
  },
  {
    rule: 'cel-packages-only-loads',
    protects:
      'the one file of the core that may load a package when it is needed loads the evaluator and nothing else',
    broken: [
      ['src/core/trust/conditions/cel-packages.ts', 'node:fs'],
      ['src/core/trust/conditions/cel-packages.ts', 'jose'],
    ],
  },
  {
    rule: 'ports-are-interfaces',
    protects: 'a port says what is needed and never how it is done',
    broken: [
      ['src/ports/a.ts', 'node:fs'],
      ['src/ports/b.ts', '../keys/good.ts'],
    ],
  },
  {
    rule: 'keys-sees-only-its-own',
    protects: 'signing knows nothing of the grants that ask for it',
    broken: [['src/keys/a.ts', '../token/good.ts']],
  },
  {
    rule: 'token-sees-only-its-own',
    protects: 'issuing a token never depends on administration',
    broken: [['src/token/a.ts', '../admin/good.ts']],
  },
  {
    rule: 'admin-sees-only-its-own',
    protects: 'administration works the same behind HTTP, the command line and a test',
    broken: [['src/admin/a.ts', '../http/good.ts']],
  },
  {
    rule: 'admin-api-sees-only-its-own',
    protects: 'the wire schemas can be shared with every client',
    broken: [['src/admin-api/a.ts', '../admin/good.ts']],
  },
  {
    rule: 'admin-api-runs-in-a-browser',
    protects: 'the console can load the wire schemas',
    broken: [['src/admin-api/b.ts', 'node:fs']],
  },
  {
    rule: 'http-sees-only-its-own',
    protects:
      'a route calls a use case and never an adapter, so no route has its own way to store, sign or fetch',
    broken: [['src/http/a.ts', '../adapters/clock/good.ts']],
  },
  {
    rule: 'config-sees-only-its-own',
    protects: 'configuration can be read before anything else exists',
    broken: [['src/config/a.ts', '../keys/good.ts']],
  },
  {
    rule: 'workers-sees-only-its-own',
    protects: 'what holds the processes of a node together serves nothing itself',
    broken: [['src/workers/a.ts', '../token/good.ts']],
  },
  {
    rule: 'cli-sees-only-its-own',
    protects: 'the command line is a client like any other and has no back door',
    broken: [['src/cli/a.ts', '../admin/good.ts']],
  },
  {
    rule: 'console-sees-only-its-own',
    protects: 'the console is a client like any other and has no back door',
    broken: [['src/console/a.ts', '../core/good.ts']],
  },
  {
    rule: 'adapters-keep-apart',
    protects: 'an adapter can be replaced without touching another one or a use case',
    broken: [
      ['src/adapters/clock/a.ts', '../storage/good.ts'],
      ['src/adapters/clock/b.ts', '../../token/good.ts'],
    ],
  },
  {
    rule: 'adapters-live-in-folders',
    protects: 'every adapter belongs to a port',
    broken: [['src/adapters/a.ts', '../core/good.ts']],
  },
  {
    rule: 'only-compose-names-adapters',
    protects: 'what is real and what is a fake is decided in one file',
    broken: [['src/token/b.ts', '../adapters/clock/good.ts']],
  },
  {
    rule: 'main-only-starts',
    protects: 'the process hands over to the server or to the command line',
    broken: [
      ['src/main.ts', './token/good.ts'],
      ['src/main.ts', './compose.ts'],
    ],
  },
  {
    rule: 'serve-only-starts',
    protects: 'the server process loads, composes, listens and stops',
    broken: [
      ['src/serve.ts', './token/good.ts'],
      ['src/worker.ts', './token/good.ts'],
      ['src/listening.ts', './http/good.ts'],
    ],
  },
  {
    rule: 'rewrap-only-rewraps',
    protects: 'what is done beside a server that is stopped can not start to serve',
    broken: [
      ['src/rewrap.ts', './http/good.ts'],
      ['src/rewrap.ts', './compose.ts'],
    ],
  },
  {
    rule: 'only-the-process-sees-compose',
    protects: 'nothing inside reaches back for the whole',
    broken: [
      ['src/http/b.ts', '../compose.ts'],
      ['src/http/c.ts', '../serve.ts'],
      ['src/http/d.ts', '../rewrap.ts'],
      ['src/http/e.ts', '../worker.ts'],
      ['src/http/f.ts', '../listening.ts'],
    ],
  },
  {
    rule: 'src-runs-without-development-packages',
    protects: 'the image, which has the production packages only, starts',
    broken: [['src/adapters/clock/c.ts', 'vitest']],
  },
  {
    rule: 'src-stands-alone',
    protects: 'no test helper reaches production',
    broken: [['src/adapters/clock/d.ts', '../../../test/good.ts']],
  },
  {
    rule: 'no-cycle',
    protects: 'the code has an order in which it can be read',
    broken: [
      ['src/keys/cycle-a.ts', './cycle-b.ts'],
      ['src/keys/cycle-b.ts', './cycle-a.ts'],
    ],
  },
  {
    rule: 'every-import-resolves',
    protects: 'no import escapes the other rules by leading nowhere the checker can see',
    broken: [['src/keys/b.ts', './nowhere.ts']],
  },
];

/** What each folder may import: a checker that forbids everything would pass the rest of this file. */
const allowed: Record<string, readonly string[]> = {
  'src/core/good.ts': [],
  'src/core/trust/conditions/good.ts': ['../../good.ts', '@bufbuild/cel'],
  'src/ports/good.ts': ['../core/good.ts'],
  'src/keys/good.ts': ['../core/good.ts', '../ports/good.ts', 'jose'],
  'src/token/good.ts': ['../core/good.ts', '../ports/good.ts', '../keys/good.ts'],
  'src/admin/good.ts': ['../core/good.ts', '../ports/good.ts', '../keys/good.ts', '../token/good.ts'],
  'src/admin-api/good.ts': ['../core/good.ts', 'jose'],
  'src/http/good.ts': [
    '../token/good.ts',
    '../admin/good.ts',
    '../admin-api/good.ts',
    '../ports/good.ts',
    'node:fs',
  ],
  'src/config/good.ts': ['../core/good.ts', 'node:fs'],
  'src/workers/good.ts': ['../core/good.ts', '../ports/good.ts', '../config/good.ts', 'node:fs'],
  'src/cli/good.ts': ['../core/good.ts', '../admin-api/good.ts', '../config/good.ts'],
  'src/console/good.ts': ['../admin-api/good.ts'],
  'src/adapters/clock/good.ts': ['../../ports/good.ts', '../../core/good.ts', './other.ts', 'node:fs'],
  'src/adapters/clock/other.ts': [],
  'src/adapters/storage/good.ts': ['../../ports/good.ts', 'jose'],
  'src/compose.ts': [
    './http/good.ts',
    './adapters/clock/good.ts',
    './adapters/storage/good.ts',
    './config/good.ts',
  ],
  'src/listening.ts': ['./compose.ts', 'node:net'],
  'src/compose-admin.ts': ['./http/good.ts', './adapters/clock/good.ts', './config/good.ts'],
  'src/compose-parsers.ts': ['./adapters/clock/good.ts', './config/good.ts'],
  'src/worker.ts': ['./compose.ts', './listening.ts', './workers/good.ts', './config/good.ts'],
  'src/serve.ts': [
    './compose.ts',
    './compose-parsers.ts',
    './listening.ts',
    './workers/good.ts',
    './config/good.ts',
    'node:fs',
  ],
  'src/rewrap.ts': [
    './adapters/storage/good.ts',
    './adapters/clock/good.ts',
    './config/good.ts',
    './keys/good.ts',
    './ports/good.ts',
  ],
  'src/main.ts': ['./serve.ts', './rewrap.ts', './cli/good.ts', 'node:fs'],
  'test/good.ts': ['../src/compose.ts', '../src/adapters/clock/good.ts', 'vitest'],
};

async function cruise(folder: string): Promise<Cruise> {
  const command = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(root, 'config/tools/import-rules.ts');
  const args = [command, '--config', config, '--output-type', 'json', 'src'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Cruise;
}

/** A house of its own in a new folder; `importing` is the form of an import: of values, or of types only. */
function buildHouse(files: Record<string, readonly string[]>, importing: 'import' | 'import type'): string {
  const folder = mkdtempSync(join(tmpdir(), 'bureau-house-'));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const packages = { jose: 'dependencies', '@bufbuild/cel': 'dependencies', vitest: 'devDependencies' };
  const manifest: Record<string, unknown> = {
    name: 'house',
    type: 'module',
    dependencies: {},
    devDependencies: {},
  };
  for (const [name, kind] of Object.entries(packages)) {
    Object.assign(manifest[kind] as object, { [name]: '1.0.0' });
    write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: '1.0.0', exports: './index.js' }),
    );
    write(`node_modules/${name}/index.js`, '');
  }
  write('package.json', JSON.stringify(manifest));
  write('tsconfig.json', readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  for (const [file, specifiers] of Object.entries(files)) {
    const imports = specifiers.map((specifier, i) => `${importing} { a as a${i} } from '${specifier}';\n`);
    const uses = specifiers.map((_, i) =>
      importing === 'import' ? `a${i};\n` : `export type A${i} = a${i};\n`,
    );
    write(file, `${imports.join('')}${uses.join('')}export const a = 1;\n`);
  }
  return folder;
}

describe('who may import whom', () => {
  const folders: string[] = [];
  const build = (...args: Parameters<typeof buildHouse>): string => {
    const folder = buildHouse(...args);
    folders.push(folder);
    return folder;
  };
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it('src breaks no rule, and the checker sees all of it', async () => {
    const { summary } = await cruise(root);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThanOrEqual(sourceFiles().length);
    expect(sourceFiles().length).toBeGreaterThan(0);
  });

  it('every folder of src is one that the rules know', () => {
    const found = readdirSync(join(root, 'src'), { withFileTypes: true });
    expect(
      found.filter((entry) => entry.isDirectory() && !rings.includes(entry.name)).map(({ name }) => name),
    ).toEqual([]);
    const files = found.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(
      files.filter(
        (name) =>
          ![
            'main.ts',
            'serve.ts',
            'worker.ts',
            'listening.ts',
            'compose.ts',
            'compose-admin.ts',
            'compose-parsers.ts',
            'compose-signing.ts',
            'rewrap.ts',
            'README.md',
          ].includes(name),
      ),
    ).toEqual([]);
  });

  it('every rule is named and explained here', () => {
    expect(rules.map(({ rule }) => rule).sort()).toEqual(
      importRules.forbidden?.map(({ name }) => name).sort(),
    );
    expect(importRules.forbidden?.every(({ severity }) => severity === 'error')).toBe(true);
  });

  it('a house that keeps the rules breaks none', async () => {
    const { summary } = await cruise(build(allowed, 'import'));
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThanOrEqual(Object.keys(allowed).length);
  });

  describe.each(['import', 'import type'] as const)('a planted %s is seen:', (importing) => {
    let violations: Cruise['summary']['violations'] = [];
    beforeAll(async () => {
      const planted = { ...allowed };
      for (const [file, imports] of rules.flatMap(({ broken }) => broken)) {
        planted[file] = [...(planted[file] ?? []), imports];
      }
      violations = (await cruise(build(planted, importing))).summary.violations;
    });

    it.each(rules)('$rule, for $protects', ({ rule, broken }) => {
      const reported = violations.filter((violation) => violation.rule.name === rule);
      // A cycle is reported once, by one of its ends.
      const files = reported.flatMap(({ from, to }) => [from, to]);
      expect(files).toEqual(expect.arrayContaining(broken.map(([file]) => file)));
    });

    it('and no file is accused that keeps the rules', () => {
      const guilty = new Set(rules.flatMap(({ broken }) => broken.map(([file]) => file)));
      expect(violations.map(({ from }) => from).filter((file) => !guilty.has(file))).toEqual([]);
    });
  });
});

describe('each dangerous act has one home', () => {
  const findings = sourceFiles().flatMap((file) =>
    findDangerousActs(file, readFileSync(join(root, file), 'utf8')).map((finding) => ({ file, ...finding })),
  );
  /** src is whole when the file is there that joins it: from then on a missing home is a fault too. */
  const isWhole = existsSync(join(root, 'src/compose.ts'));

  it.each(dangerousActs)('$name: $why', ({ name, home }) => {
    const places = findings.filter(({ act }) => act === name);
    const elsewhere = places.filter(({ file }) => !home.test(file));
    expect(elsewhere.map(({ file, line, text }) => `${file}:${line}: ${text}`)).toEqual([]);
    expect(places.length).toBeGreaterThanOrEqual(isWhole ? 1 : 0);
  });

  it.each([
    // The server's clock, and that of the command line, which does not see the server.
    ['reading the clock', 2],
    // Tokens; and offline an exported trail, by the command line.
    ['verifying a signature', 2],
    ['compiling a pattern', 1],
  ])('%s: in %i file', (name, count) => {
    const files = new Set(findings.filter(({ act }) => act === name).map(({ file }) => file));
    expect([...files].slice(count)).toEqual([]);
  });

  it.each(dangerousActs.flatMap(({ name, looksLike }) => looksLike.map((text) => ({ name, text }))))(
    '$name is seen in: $text',
    ({ name, text }) => {
      expect(findDangerousActs('planted.ts', text).map(({ act }) => act)).toContain(name);
    },
  );

  it.each([
    '// Date.now() in a comment',
    "const text = 'process.env';",
    'const d = new Date(0);',
    'const ok = cache.fetch(key);',
    'const run = (fetch: Fetch) => fetch(url);',
    "import { createHash } from 'node:crypto';",
    "import { importJWK, calculateJwkThumbprint } from 'jose';",
    'const ok = verifier.verify(a);',
    'const ok = /^a+$/.test(text);',
    "const hasGlob = (text: string) => text.includes('*');",
  ])('no act is seen in: %s', (text) => {
    expect(findDangerousActs('harmless.ts', text)).toEqual([]);
  });
});

function sourceFiles(): string[] {
  return globSync('src/**/*.{ts,tsx}', { cwd: root }).map((file) => file.replaceAll('\\', '/'));
}
