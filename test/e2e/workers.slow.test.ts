// Workers that are killed, stopped and raced, on both stores: no promise of contract §7 depends on how many there are.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { type BureauProcess, type Credentials, startBureau } from '../support/bureau-process.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { createPostgresDatabase } from '../support/postgres.ts';
import { doors } from '../support/test-bureau.ts';
import { isAlive, overNewConnection, until, workersOf } from '../support/workers.ts';

const form = (assertion: string): Record<string, string> => doors[2]?.form(assertion) ?? {};

/** What clients were told while the server was disturbed. */
interface LoadReport {
  readonly tokens: string[];
  /** Assertions that earned a token. */
  readonly accepted: string[];
  /** Statuses other than 200, 0 for a connection that ended without an answer. */
  readonly others: Record<number, number>;
}

/** Sends own-key assertions over connections that are new each time, until `disturb` is over. */
const underLoad = async (
  bureau: BureauProcess,
  key: OwnKey,
  disturb: () => Promise<void>,
  clients = 8,
): Promise<LoadReport> => {
  const report: LoadReport = { tokens: [], accepted: [], others: {} };
  let over = false;
  const client = async (): Promise<void> => {
    while (!over) {
      const assertion = makeAssertion(key);
      const { status, text } = await overNewConnection(`${bureau.url}/token`, {
        method: 'POST',
        form: form(assertion),
      });
      if (status === 200) {
        report.tokens.push((JSON.parse(text) as { access_token: string }).access_token);
        report.accepted.push(assertion);
      } else report.others[status] = (report.others[status] ?? 0) + 1;
    }
  };
  const running = Array.from({ length: clients }, client);
  try {
    await disturb();
  } finally {
    over = true;
    await Promise.all(running);
  }
  return report;
};

/** The `jti`s of all tokens whose issuance is an activity. */
const recordedTokens = async (bureau: BureauProcess): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await bureau.admin('GET', `/activities?limit=100&outcome=issued${query}`);
    for (const { jti } of body.items as readonly { readonly jti: string | null }[])
      if (jti !== null) found.add(jti);
    cursor = body.nextCursor as string | null;
  }
  return found;
};

/** Waits until the server said so many times that a worker took the place of another one. */
const replaced = (bureau: BureauProcess, times: number) =>
  until(async () => bureau.lines().filter((line) => line.includes('took the place')).length >= times, 30_000);

interface Store {
  readonly environment: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}
const stores: readonly (readonly [string, () => Promise<Store>])[] = [
  ['SQLite', async () => ({ environment: {}, remove: () => Promise.resolve() })],
  [
    'PostgreSQL',
    async () => {
      const database = await createPostgresDatabase();
      return { environment: { BUREAU_DATABASE_URL: database.url }, remove: () => database.drop() };
    },
  ],
];

describe.each(stores)('three workers on %s', (_name, openStore) => {
  const open = async () => {
    const store = await openStore();
    const dataDir = await mkdtemp(join(tmpdir(), 'bureau-workers-'));
    const bureau = await startBureau({
      dataDir,
      environment: { BUREAU_WORKERS: '3', ...store.environment },
    });
    const key = ownKeyOf(JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as Credentials);
    return {
      bureau,
      key,
      close: async () => {
        const code = await bureau.stop();
        await store.remove();
        await rm(dataDir, { recursive: true, force: true });
        return code;
      },
    };
  };

  it('B01 B02 kill -9 of one worker after the other under load: no token without an activity, none for an assertion twice', async () => {
    const { bureau, key, close } = await open();
    const report = await underLoad(bureau, key, async () => {
      for (let kill = 0; kill < 5; kill += 1) {
        await sleep(500);
        const workers = await workersOf(bureau);
        const victim = workers[kill % workers.length] ?? 0;
        process.kill(victim, 'SIGKILL');
        expect(await replaced(bureau, kill + 1)).toBe(true);
      }
    });
    expect(report.tokens.length).toBeGreaterThan(100);
    // What was under way in a worker that was killed has no answer; nothing else goes wrong.
    expect(Object.keys(report.others).filter((status) => status !== '0')).toEqual([]);
    const recorded = await recordedTokens(bureau);
    expect(report.tokens.filter((token) => !recorded.has(decodeJwt(token).jti ?? ''))).toEqual([]);
    const again = report.accepted.slice(-300);
    const statuses = await Promise.all(
      again.map(async (assertion) => (await bureau.token(form(assertion))).status),
    );
    expect(new Set(statuses)).toEqual(new Set([400]));
    const verified = await bureau.admin('GET', '/activities/verify');
    expect(verified.body).toMatchObject({ ok: true });
    expect(await close()).toBe(0);
  });

  it('A40 B37 two thousand assertions, each to every worker at once: one token each', async () => {
    const { bureau, key, close } = await open();
    let tokens = 0;
    for (let round = 0; round < 200; round += 1) {
      const assertions = Array.from({ length: 10 }, () => makeAssertion(key));
      const answers = await Promise.all(
        [...assertions, ...assertions, ...assertions].map((assertion) =>
          overNewConnection(`${bureau.url}/token`, { method: 'POST', form: form(assertion) }),
        ),
      );
      tokens += answers.filter(({ status }) => status === 200).length;
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]));
    }
    expect(tokens).toBe(2000);
    expect(await close()).toBe(0);
  });

  it('B05 SIGTERM under load: whatever was accepted is answered, and nobody is left within 10 s', async () => {
    const { bureau, key, close } = await open();
    const workers = await workersOf(bureau);
    let began = 0;
    const report = await underLoad(bureau, key, async () => {
      await sleep(1000);
      began = Date.now();
      process.kill(bureau.pid, 'SIGTERM');
      expect(await bureau.ended).toBe(0);
    });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(report.tokens.length).toBeGreaterThan(20);
    expect(Object.keys(report.others).filter((status) => status !== '0')).toEqual([]);
    expect(await Promise.all(workers.map(isAlive))).toEqual([false, false, false]);
    await close();
  });
});

describe('workers that end again and again', () => {
  it('the server gives up, with exit code 1 and a line that says so', async () => {
    const bureau = await startBureau({ environment: { BUREAU_WORKERS: '2' } });
    let over = false;
    const ended = bureau.ended.then((code) => {
      over = true;
      return code;
    });
    while (!over) {
      for (const worker of await workersOf(bureau).catch(() => []))
        try {
          process.kill(worker, 'SIGKILL');
        } catch {
          // It ended in between.
        }
      await sleep(20);
    }
    expect(await ended).toBe(1);
    expect(`${bureau.lines().join('\n')}${bureau.errors()}`).toContain('workers end again and again');
    await bureau.stop();
  });
});

describe('a worker that is told to stop', () => {
  it('answers what it was asked, and another takes its place', async () => {
    const bureau = await startBureau({ environment: { BUREAU_WORKERS: '2' } });
    const credentials = await readFile(join(bureau.dataDir, 'admin.json'), 'utf8');
    const key = ownKeyOf(JSON.parse(credentials) as Credentials);
    const report = await underLoad(bureau, key, async () => {
      for (let round = 0; round < 4; round += 1) {
        await sleep(300);
        const [worker = 0] = await workersOf(bureau);
        process.kill(worker, 'SIGTERM');
        expect(await replaced(bureau, round + 1)).toBe(true);
      }
    });
    expect(report.tokens.length).toBeGreaterThan(100);
    console.log(
      `rolling restarts of one worker: ${report.tokens.length} tokens, other answers ${JSON.stringify(report.others)}`,
    );
    expect(Object.keys(report.others).filter((status) => status !== '0')).toEqual([]);
    expect(await bureau.stop()).toBe(0);
  });
});
