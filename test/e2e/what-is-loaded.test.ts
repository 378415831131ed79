// A start loads what every server needs and nothing else; the rest comes with its first use. Counted, not timed.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, runBureau, startBureau } from '../support/bureau-process.ts';

const hook = pathToFileURL(join(import.meta.dirname, '../support/list-loaded.mjs')).href;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-loaded-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const environmentOf = (file: string) => ({
  NODE_OPTIONS: `--import=${hook}`,
  LOADED_FILE: join(folder, file),
});
/** Packages by their name, and files of ours by their path below src. */
const readLoaded = async (file: string): Promise<ReadonlySet<string>> => {
  const text = await readFile(join(folder, file), 'utf8').catch(() => '');
  const names = text
    .split('\n')
    .map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/|\/src\/(.+)$/.exec(url))
    .flatMap((found) => (found === null ? [] : [found[1] ?? found[2] ?? '']));
  return new Set(names);
};

const atFirstUse = [
  '@bufbuild/cel',
  '@bufbuild/protobuf',
  '@bufbuild/re2',
  '@fastify/helmet',
  '@fastify/static',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  '@opentelemetry/api',
  'ajv',
  'commander',
  'fast-json-stringify-compiler',
  'fastify-type-provider-zod',
  'pg',
  'undici',
  'yaml',
  'adapters/storage/postgres/open-postgres.ts',
  'config/issuer-presets.ts',
  'http/admin/admin-routes.ts',
  'http/admin/reference.ts',
  'cli/run-command-line.ts',
];

describe('a server that is ready', () => {
  let bureau: BureauProcess;
  const askLoaded = async (
    having: (loaded: ReadonlySet<string>) => boolean,
  ): Promise<ReadonlySet<string>> => {
    for (;;) {
      await rm(join(folder, 'server'), { force: true });
      process.kill(bureau.pid, 'SIGUSR2');
      for (let turn = 0; turn < 200; turn += 1) {
        const loaded = await readLoaded('server');
        if (loaded.size > 0 && having(loaded)) return loaded;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  };
  beforeAll(async () => {
    bureau = await startBureau({ environment: environmentOf('server') });
  });
  afterAll(() => bureau.stop());

  it('has loaded what it serves with, and nothing that comes with a first use', async () => {
    const loaded = await askLoaded((names) => names.has('serve.ts'));
    // The list is seen to be one.
    for (const name of [
      'fastify',
      'kysely',
      'zod',
      'http/server.ts',
      'adapters/storage/sqlite/open-sqlite.ts',
    ])
      expect(loaded).toContain(name);
    expect(atFirstUse.filter((name) => loaded.has(name))).toEqual([]);
    expect(loaded.size).toBeLessThan(395);
  });

  it('loads the acts of administration with the first request that may act', async () => {
    const acts = 'http/admin/admin-routes.ts';
    expect((await fetch(`${bureau.url}/api/v1/teams`)).status).toBe(401);
    expect(await askLoaded((names) => names.has('serve.ts'))).not.toContain(acts);
    expect((await bureau.admin('GET', '/teams')).status).toBe(200);
    expect(await askLoaded((names) => names.has(acts))).toContain(acts);
  });

  it('loads what is known of platforms by itself, some time after it is ready', async () => {
    const loaded = await askLoaded((names) => names.has('config/issuer-presets.ts'));
    expect(loaded).toContain('yaml');
  });

  it('loads what watches over Node with the first look at the metrics', async () => {
    const metrics = await (await fetch(`${bureau.url}/metrics`)).text();
    expect(metrics).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
    expect(await askLoaded((names) => names.has('@opentelemetry/api'))).toContain('@prometheus-io/client');
  });

  it('loads the reference with the first request for it, and CEL with the first expression', async () => {
    const [first, second] = await Promise.all([
      fetch(`${bureau.url}/api/v1/openapi.json`),
      fetch(`${bureau.url}/api/v1/docs`),
    ]);
    expect([first.status, second.status]).toEqual([200, 200]);
    const head = await fetch(`${bureau.url}/api/v1/openapi.json`, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String((await first.bytes()).length));
    expect((await fetch(`${bureau.url}/api/v1/docs/nothing`)).status).toBe(404);
    const shown = await askLoaded((names) => names.has('http/admin/reference.ts'));
    for (const name of ['@fastify/swagger', '@fastify/swagger-ui', '@fastify/helmet'])
      expect(shown).toContain(name);

    const { status, body } = await bureau.admin('POST', '/service-accounts', {
      name: 'with-expression',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        {
          issuer: 'https://issuer.example.com',
          jwksUri: 'https://issuer.example.com/jwks',
          subject: 'workload',
          audience: 'https://sts.example.com',
          cel: 'claims.sub ==',
        },
      ],
    });
    expect(status).toBe(422);
    expect(JSON.stringify(body.errors)).toContain('The expression cannot be read');
    expect(await askLoaded((names) => names.has('@bufbuild/cel'))).toContain('@bufbuild/cel');
  });
});

describe('the threads of the store', () => {
  it('begin before V8 is told anything: what Node holds compiled is good for the flags it was started with alone', async () => {
    // Node keeps code in a folder for each set of flags.
    const kept = join(folder, 'compiled');
    const bureau = await startBureau({ environment: { NODE_COMPILE_CACHE: kept } });
    await bureau.stop();
    expect(await readdir(kept)).toHaveLength(1);
  });
});

describe('a command', () => {
  it.each([[['--help']], [['token', '--help']], [['accounts', '--help']]])(
    '%j loads neither server nor store',
    async (args) => {
      const file = args.join('');
      expect(await runBureau(args, environmentOf(file))).toMatchObject({ code: 0, stderr: '' });
      const loaded = await readLoaded(file);
      expect(loaded).toContain('commander');
      const foreign = [
        'fastify',
        'kysely',
        'undici',
        'pino',
        'serve.ts',
        'compose.ts',
        '@prometheus-io/client',
      ];
      expect(foreign.filter((name) => loaded.has(name))).toEqual([]);
    },
  );
});
