// The test command: every static check and every test, one count.
//
//   npm test                      everything but *.slow.test.ts
//   npm test -- --slow            everything
//   npm test -- --only types      one static check by its name (types, lint, format, imports, unused)
//   npm test -- test/core -t 'a title'    vitest alone, with these arguments
//
// Each static check counts as one test. A check that saw nothing has not passed, and neither has a test run
// without tests: a tool that finds no files says "fine" as readily as one that finds no fault.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

interface StaticCheck {
  readonly name: string;
  readonly says: string;
  readonly command: readonly string[];
  /** What the output must show to prove that the check had something to look at. */
  readonly sawSomething?: RegExp;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const root = resolve(import.meta.dirname, '../..');
const trees = ['src', 'test', 'bench', 'demo', 'config/tools'].filter((name) => existsSync(join(root, name)));

const staticChecks: readonly StaticCheck[] = [
  {
    name: 'types',
    says: 'TypeScript finds no type error',
    command: ['typescript/bin/tsc', '-p', 'tsconfig.json'],
  },
  {
    name: 'lint',
    says: 'oxlint finds no fault',
    command: ['oxlint/bin/oxlint', '--config', 'config/tools/lint.json', '--type-aware', '--deny-warnings'],
    sawSomething: /on [1-9]\d* files? with [1-9]\d* rules/,
  },
  {
    name: 'format',
    says: 'every file is formatted (npm run format does it)',
    command: ['@biomejs/biome/bin/biome', 'format', '--config-path=config/tools/format.json'],
    sawSomething: /Checked [1-9]\d* files?/,
  },
  {
    name: 'imports',
    says: 'every import goes the allowed way',
    command: [
      'dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      'config/tools/import-rules.ts',
      '--output-type',
      'err-long',
      ...trees,
    ],
    sawSomething: /\([1-9]\d* modules, [1-9]\d* dependencies cruised\)/,
  },
  {
    name: 'unused',
    says: 'no file, export or package is unused',
    command: [
      'knip/bin/knip.js',
      '--config',
      'config/tools/unused.json',
      '--no-progress',
      '--no-config-hints',
    ],
  },
];

const running = new Set<ChildProcess>();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill('SIGTERM');
    process.exit(1);
  });
}

const { slow, only, forwarded } = readArguments(process.argv.slice(2));
const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const skips: string[] = [];

if (forwarded.length === 0) await runStaticChecks(staticChecks.filter(({ name }) => (only ?? name) === name));
if (only === undefined) await runVitest();

if (skips.length > 0) console.log(`\nSkipped:\n${skips.map((title) => `  ${title}`).join('\n')}`);
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((title) => `  ${title}`).join('\n')}`);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.exitCode = counts.failed > 0 ? 1 : 0;
console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);

function readArguments(args: readonly string[]): {
  slow: boolean;
  only: string | undefined;
  forwarded: string[];
} {
  const forwarded: string[] = [];
  let slow = false;
  let only: string | undefined;
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? '';
    if (arg === '--slow') {
      slow = true;
    } else if (arg === '--only') {
      i += 1;
      only = args[i] ?? '';
      if (!staticChecks.some(({ name }) => name === only)) {
        console.error(`--only takes one of: ${staticChecks.map(({ name }) => name).join(', ')}`);
        process.exit(1);
      }
    } else {
      forwarded.push(arg);
    }
  }
  return { slow, only, forwarded };
}

/** Two at a time: the smallest machine in use has two cores. */
async function runStaticChecks(checks: readonly StaticCheck[]): Promise<void> {
  const waiting = [...checks];
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      await runStaticCheck(check);
    }
  };
  await Promise.all([worker(), worker()]);
}

async function runStaticCheck(check: StaticCheck): Promise<void> {
  const started = performance.now();
  const { code, output } = await run(check.command);
  const blind =
    code === 0 &&
    check.sawSomething !== undefined &&
    !check.sawSomething.test(stripVTControlCharacters(output));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0 && !blind) {
    counts.passed += 1;
    console.log(`ok      ${check.name.padEnd(8)} ${check.says} (${seconds} s)`);
    return;
  }
  counts.failed += 1;
  failures.push(`${check.name}: not true that ${check.says}${blind ? ' (it saw nothing to check)' : ''}`);
  console.log(`FAILED  ${check.name.padEnd(8)} (${seconds} s)\n${output.trimEnd()}\n`);
}

async function runVitest(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bureau-check-'));
  const file = join(folder, 'vitest.json');
  const namesSlowFile = forwarded.some((arg) => arg.includes('.slow'));
  const command = [
    'vitest/vitest.mjs',
    'run',
    '--config',
    'config/tools/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
    ...(slow || namesSlowFile ? [] : ['--exclude', '**/*.slow.test.ts']),
    ...forwarded,
  ];
  const { code } = await run(command, 'inherit');
  countTests(code, existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as VitestReport) : undefined);
  rmSync(folder, { recursive: true, force: true });
}

function countTests(code: number, report: VitestReport | undefined): void {
  const before = { ...counts };
  // Tests left out by a title on the command line are not skipped tests.
  const byTitle = forwarded.some((arg) => /^(-t|--testNamePattern)\b/.test(arg));
  for (const suite of report?.testResults ?? []) {
    const file = relative(root, suite.name);
    for (const { fullName, status } of suite.assertionResults) {
      if (status === 'passed') {
        counts.passed += 1;
      } else if (status === 'failed') {
        counts.failed += 1;
        failures.push(`${file} > ${fullName}`);
      } else if (!byTitle) {
        counts.skipped += 1;
        skips.push(`${file} > ${fullName}`);
      }
    }
    // A file that cannot be loaded, or whose hooks fail, has a status and perhaps no test.
    if (suite.status === 'failed' && !suite.assertionResults.some(({ status }) => status === 'failed')) {
      counts.failed += 1;
      failures.push(`${file}: ${suite.message?.split('\n')[0] || 'the file failed'}`);
    }
  }
  if (counts.passed === before.passed && counts.failed === before.failed) {
    counts.failed += 1;
    failures.push(report === undefined ? `vitest ended with ${code} and no report` : 'vitest ran no test');
  } else if (code !== 0 && counts.failed === before.failed) {
    counts.failed += 1;
    failures.push(`vitest ended with ${code} although no test failed (see its output above)`);
  }
}

function run(
  command: readonly string[],
  output: 'inherit' | 'pipe' = 'pipe',
): Promise<{ code: number; output: string }> {
  const [script = '', ...args] = command;
  const child = spawn(process.execPath, [join('node_modules', script), ...args], {
    cwd: root,
    stdio: ['ignore', output, output],
  });
  running.add(child);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((done) => {
    child.on('error', (error) => done({ code: 1, output: error.message }));
    child.on('close', (code) => {
      running.delete(child);
      done({ code: code ?? 1, output: text });
    });
  });
}
