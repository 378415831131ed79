// Key pairs are made through every route that makes them; then everything that is kept, said or shown is searched for them.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminOperation, adminOperations } from '../../src/admin-api/operations.ts';
import { type Answer, type BureauProcess, type Credentials, startBureau } from '../support/bureau-process.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { askPostgres } from '../support/postgres.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';
import { doors } from '../support/test-bureau.ts';
import { expectIssued } from '../support/token-answers.ts';

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/**
 * Traces of what makes the key private: whoever wrote down 20 bytes of it in a row, raw, in hex or in base64, wrote down one
 * of these. Ten bytes at every eleventh place are in each such run; of base64, whose characters depend on where it begins,
 * nine at three places in a row.
 */
const tracesOf = (key: KeyObject): readonly Buffer[] => {
  const jwk = key.export({ format: 'jwk' }) as Record<string, string | undefined>;
  return privateMembers.flatMap((name) => {
    const secret = Buffer.from(jwk[name] ?? '', 'base64url');
    const runs = (length: number, isPlace: (at: number) => boolean): readonly Buffer[] =>
      Array.from({ length: Math.max(0, secret.length - length + 1) }, (_unused, at) => at)
        .filter(isPlace)
        .map((at) => secret.subarray(at, at + length));
    return [
      ...runs(10, (at) => at % 11 === 0).flatMap((run) => {
        const hex = run.toString('hex');
        return [run, Buffer.from(hex), Buffer.from(hex.toUpperCase())];
      }),
      ...runs(9, (at) => at % 9 < 3).flatMap((run) => [
        Buffer.from(run.toString('base64')),
        Buffer.from(run.toString('base64url')),
      ]),
    ];
  });
};
const findTrace = (haystack: Buffer, traces: readonly Buffer[]): string | null =>
  traces.find((trace) => haystack.includes(trace))?.toString('base64') ?? null;

it('A62 the search itself finds a key in every form', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const traces = tracesOf(privateKey);
  const d = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  for (const form of [
    privateKey.export({ type: 'pkcs8', format: 'der' }),
    Buffer.from(privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')),
    Buffer.from(JSON.stringify(privateKey.export({ format: 'jwk' }))),
    Buffer.from(d.toString('hex')),
    Buffer.from(`x${d.subarray(7, 27).toString('hex').toUpperCase()}`),
    ...Array.from({ length: d.length - 19 }, (_unused, at) => d.subarray(at, at + 20)).flatMap((run) => [
      Buffer.concat([Buffer.from('noise'), run, Buffer.from('noise')]),
      Buffer.from(`noise ${run.toString('hex')}`),
      Buffer.from(`noise ${run.toString('base64')}`),
      Buffer.from(`noise ${run.toString('base64url')}`),
    ]),
  ])
    expect(findTrace(form, traces)).not.toBeNull();
  expect(findTrace(Buffer.from('a long text without any key in it at all'), traces)).toBeNull();
});

describe.each(storageEngines)('A62 private keys on $engine', ({ engine, createPlace }) => {
  let place: StoragePlace;
  let bureau: BureauProcess;
  const made: Credentials[] = [];
  /** Every answer but the ones that hand credentials out. */
  const answers: string[] = [];
  const sent = generateKeyPairSync('rsa', { modulusLength: 2048 });

  beforeAll(async () => {
    place = await createPlace();
    bureau = await startBureau({
      environment: {
        BUREAU_LOG_LEVEL: 'trace',
        BUREAU_DATABASE_URL: place.url,
        BUREAU_KEY_GENERATION_RATE_LIMIT: 'off',
      },
    });
    made.push(JSON.parse(await readFile(join(bureau.dataDir, 'admin.json'), 'utf8')) as Credentials);
    const base = { owningTeam: 'default', useCase: 'custom-api-integration' };
    const keep = (answer: Answer): Answer => {
      answers.push(JSON.stringify([answer.body, [...answer.headers]]));
      return answer;
    };
    const take = (answer: Answer): Answer => {
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
      const { credentials, ...rest } = answer.body;
      made.push(credentials as Credentials);
      keep({ ...answer, body: rest });
      return answer;
    };
    for (const generate of ['ES256', 'RS256', 'Ed25519']) {
      const account = take(
        await bureau.admin('POST', '/service-accounts', {
          ...base,
          name: `made-${generate}`,
          role: 'viewer',
          key: { generate },
        }),
      ).body.id as string;
      const keys = `/service-accounts/${account}/keys`;
      for (const kind of ['ES256', 'RS256', 'Ed25519'])
        take(await bureau.admin('POST', keys, { generate: kind }));
      // Everything that can happen to a key afterwards, and what fails.
      const [first] = (await bureau.admin('GET', keys)).body.items;
      const any = { 'if-match': '*' };
      keep(await bureau.admin('PATCH', `${keys}/${first.id}`, { expiresAt: '2099-01-01T00:00:00Z' }, any));
      take(await bureau.admin('POST', keys, { generate: 'ES256' }));
      keep(await bureau.admin('POST', keys, { generate: 'ES256' }));
      keep(
        await bureau.admin('POST', '/service-accounts', {
          ...base,
          name: `made-${generate}`,
          key: { generate },
        }),
      );
      keep(
        await bureau.admin('POST', '/service-accounts', {
          ...base,
          name: 'x',
          owningTeam: 'nobody',
          key: { generate },
        }),
      );
      keep(await bureau.admin('DELETE', `${keys}/${first.id}`, undefined, any));
      // A private key that somebody sends by mistake.
      for (const publicKey of [
        sent.privateKey.export({ type: 'pkcs8', format: 'pem' }),
        sent.privateKey.export({ type: 'pkcs1', format: 'pem' }),
        sent.privateKey.export({ format: 'jwk' }),
      ]) {
        const refused = keep(await bureau.admin('POST', keys, { publicKey }));
        expect(refused.status).toBe(422);
      }
    }
    take(await bureau.admin('POST', '/tenants', { name: 'acme' }));
    // They are good: each one that is still registered signs in.
    for (const credentials of made.slice(-2, -1))
      for (const { form } of doors.slice(1))
        expectIssued(keep(await bureau.token(form(makeAssertion(ownKeyOf(credentials))))));
  }, 60_000);
  afterAll(async () => {
    await bureau.stop();
    await place.remove();
  });

  const read = async (path: string): Promise<string> => {
    const answer = await bureau.admin('GET', path);
    return JSON.stringify([answer.body, [...answer.headers]]);
  };
  /** The answer of every GET there is, for every resource there is. */
  const readEverything = async (): Promise<string> => {
    const pages: string[] = [];
    for (const { method, path } of Object.values(adminOperations) as readonly AdminOperation[]) {
      if (method !== 'GET' || path.includes('{')) continue;
      pages.push(await read(path.includes('settings') ? path : `${path}?limit=200`));
      const { items = [] } = (await bureau.admin('GET', path)).body as {
        items?: { id?: string; name: string }[];
      };
      for (const { id, name } of items) pages.push(await read(`${path}/${id ?? name}`));
      if (path !== '/service-accounts') continue;
      for (const { id } of items) {
        const keys = `${path}/${id}/keys`;
        pages.push(await read(keys));
        for (const key of (await bureau.admin('GET', keys)).body.items)
          pages.push(await read(`${keys}/${key.id}`));
      }
    }
    for (const path of [
      '/metrics',
      '/api/v1/openapi.json',
      '/.well-known/jwks.json',
      '/t/acme/.well-known/jwks.json',
    ])
      pages.push(await (await fetch(`${bureau.url}${path}`)).text());
    return pages.join('\n');
  };
  const readStore = async (): Promise<Buffer> => {
    if (engine === 'SQLite') {
      const folder = join(place.url.slice('sqlite:'.length), '..');
      const files = await readdir(folder);
      expect(files).toEqual(expect.arrayContaining(['bureau.db', 'bureau.db-wal']));
      return Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name)))));
    }
    const tables = await askPostgres(
      "select tablename from pg_tables where schemaname = 'public'",
      [],
      place.url,
    );
    expect(tables.length).toBeGreaterThan(8);
    const rows = await Promise.all(
      tables.map(({ tablename }) => askPostgres(`select t::text from ${String(tablename)} t`, [], place.url)),
    );
    return Buffer.from(JSON.stringify(rows));
  };

  it('A62 no key, and nothing that looks like one, is in the store, the log, an answer or the metrics', async () => {
    const haystacks = {
      answers: Buffer.from(answers.join('\n')),
      reads: Buffer.from(await readEverything()),
      store: await readStore(),
      log: Buffer.from(`${bureau.lines().join('\n')}\n${bureau.errors()}`),
    };
    // Positive controls: there is something to search, and it is the right place.
    expect(made).toHaveLength(17);
    const kids = made.map(({ keyId }) => keyId);
    for (const [name, held] of Object.entries({
      answers: kids.slice(1, -1),
      reads: kids.slice(1, -1),
      store: kids,
    })) {
      const haystack = haystacks[name as keyof typeof haystacks];
      for (const kid of held) expect([name, kid, haystack.includes(kid)]).toEqual([name, kid, true]);
    }
    expect(bureau.lines().length).toBeGreaterThan(50);

    const keys = [...made.map(({ privateKey }) => createPrivateKey(privateKey)), sent.privateKey];
    const words = [
      'BEGIN PRIVATE',
      'BEGIN RSA PRIVATE',
      'PRIVATE KEY',
      '"d":',
      '\\"d\\":',
      '"privateKey":"-',
    ];
    for (const [name, haystack] of Object.entries(haystacks)) {
      for (const word of words.filter((each) => name !== 'reads' || !each.startsWith('PRIVATE')))
        expect([name, word, haystack.includes(word)]).toEqual([name, word, false]);
      for (const key of keys) expect([name, findTrace(haystack, tracesOf(key))]).toEqual([name, null]);
    }
  });

  it('A62 it is not told again: not to the one who asks the same, nor by any way that repeats an answer', async () => {
    const body = {
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      name: 'once',
      key: { generate: 'ES256' },
    };
    const once = { 'idempotency-key': 'the-same', 'if-none-match': '*' };
    const first = await bureau.admin('POST', '/service-accounts', body, once);
    const second = await bureau.admin('POST', '/service-accounts', body, once);
    expect([first.status, second.status]).toEqual([201, 409]);
    expect(second.body).not.toHaveProperty('credentials');
    const keys = `/service-accounts/${first.body.id}/keys`;
    const [one, two] = [
      await bureau.admin('POST', keys, { generate: 'ES256' }, once),
      await bureau.admin('POST', keys, { generate: 'ES256' }, once),
    ];
    expect(one.body.credentials.privateKey).not.toBe(two.body.credentials.privateKey);
    for (const answer of [first, one]) expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});
