import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type BureauProcess, freePort, startBureau } from './bureau-process.ts';
import { askPostgres } from './postgres.ts';

/** What kills during rotations left behind; every list is empty when the promises hold. */
export interface RotationKillReport {
  readonly cycles: number;
  /** Kills after which some places had taken their step and others had not: in the midst of a rotation. */
  readonly midway: number;
  /** Tokens that clients received and that were verified after the restart. */
  readonly verified: number;
  /** Keys that signed for the first time. */
  readonly activations: number;
  readonly unverifiable: readonly string[];
  /** `access-token ES256: 2` where a place had not exactly one active key after a restart. */
  readonly wrongPlaces: readonly string[];
  readonly mostPublished: number;
}

/** How many kills, and where the keys are. */
export interface RotationKillOptions {
  /** At least so many; up to three times as many where chance has put too few of them near a rotation. */
  readonly cycles: number;
  /** What has to have been met before it is enough. */
  readonly atLeast: Pick<RotationKillReport, 'midway' | 'activations'>;
  /** An empty PostgreSQL database; `null` for SQLite in the data folder. */
  readonly databaseUrl: string | null;
}

const dayMs = 86_400_000;
const publishAheadMs = 2000;
/** A server is ready this long after its start, more or less; it is killed this long after that at the latest. */
const [startMs, longestLifeMs] = [500, 1000];
const places = ['access-token ES256', 'access-token RS256', 'jwt-svid ES256', 'jwt-svid RS256'];

interface Row {
  readonly kid: string;
  readonly place: string;
  readonly purpose: string;
  readonly state: string;
}

/** Runs one statement on the database of a server that is dead. */
type Ask = (statement: string) => Promise<readonly object[]>;

const askDead = ({ databaseUrl, dataDir }: { databaseUrl: string | null; dataDir: string }): Ask => {
  if (databaseUrl !== null) return (statement) => askPostgres(statement, [], databaseUrl);
  return async (statement) => {
    const database = new DatabaseSync(join(dataDir, 'bureau.db'));
    try {
      return database.prepare(statement).all();
    } finally {
      database.close();
    }
  };
};

const readRows = async (ask: Ask): Promise<readonly Row[]> =>
  (await ask(
    "select kid, purpose, purpose || ' ' || algorithm as place, state from signing_keys order by kid",
  )) as readonly Row[];

/**
 * Time goes by: the next step of every key falls due somewhere in the life of the next process, and what retired before the
 * last cycle began is gone.
 */
const passTime = async (ask: Ask, lastCycle: number): Promise<void> => {
  const due = Date.now() + randomInt(startMs, startMs + longestLifeMs);
  await ask(
    `update signing_keys set activated_at = ${due - 30 * dayMs + publishAheadMs} where state = 'active'`,
  );
  await ask(`update signing_keys set created_at = ${due - publishAheadMs} where state = 'prepared'`);
  await ask(
    `update signing_keys set retired_at = retired_at - ${dayMs} where state = 'retired' and retired_at < ${lastCycle}`,
  );
};

/** Whether some of the places changed and others did not. */
const isMidway = (before: readonly Row[], after: readonly Row[]): boolean => {
  const keysOf = (rows: readonly Row[], place: string): string =>
    JSON.stringify(rows.filter((row) => row.place === place));
  const changed = places.filter((place) => keysOf(before, place) !== keysOf(after, place));
  return changed.length > 0 && changed.length < places.length;
};

/**
 * `kill -9` at a random moment of a rotation, `cycles` times on one store: each time the next step of the keys falls due
 * around the kill, and tokens are issued until then. After the restart there is one active key in each place, and what
 * clients got in the cycle before verifies (B03).
 */
export const killDuringRotation = async ({
  cycles,
  atLeast,
  databaseUrl,
}: RotationKillOptions): Promise<RotationKillReport> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bureau-rotation-'));
  const port = await freePort();
  const start = (): Promise<BureauProcess> =>
    startBureau({
      dataDir,
      port,
      environment: {
        BUREAU_SIGNING_KEY_PUBLISH_AHEAD_SECONDS: String(publishAheadMs / 1000),
        BUREAU_PUBLISHED_MAX_AGE_SECONDS: '1',
        ...(databaseUrl === null ? {} : { BUREAU_DATABASE_URL: databaseUrl }),
      },
    });
  const ask = askDead({ databaseUrl, dataDir });

  const unverifiable: string[] = [];
  const wrongPlaces: string[] = [];
  const signed = new Set<string>();
  let [verified, mostPublished, midway, lastCycle] = [0, 0, 0, 0];
  let tokens: string[] = [];
  let before: readonly Row[] = [];
  let running: BureauProcess | null = null;
  // The first key of each place was not activated by a rotation.
  const activations = (): number => Math.max(0, signed.size - places.length);
  const isEnough = (): boolean => midway >= atLeast.midway && activations() >= atLeast.activations;
  let cycle = 0;
  try {
    // One start more than cycles that are counted: it verifies what the last one gave out.
    for (; cycle <= cycles || (cycle <= 3 * cycles && !isEnough()); cycle += 1) {
      const began = Date.now();
      const bureau = await start();
      running = bureau;
      const { keys } = (await (await fetch(`${bureau.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
      const verify = createLocalJWKSet({ keys });
      for (const token of tokens)
        await jwtVerify(token, verify).then(
          () => void (verified += 1),
          (error: unknown) => void unverifiable.push(`cycle ${cycle}: ${String(error)}`),
        );
      tokens = [];

      let over = false;
      const issue = async (): Promise<void> => {
        while (!over)
          try {
            tokens.push(await bureau.adminToken());
          } catch {
            // A reset or refused connection: that is the kill.
            await sleep(1);
          }
      };
      const load = Promise.all([issue(), issue()]);
      await sleep(randomInt(20, longestLifeMs));
      await bureau.kill();
      running = null;
      over = true;
      await load;

      const rows = await readRows(ask);
      for (const place of places) {
        const active = rows.filter((row) => row.place === place && row.state === 'active');
        if (active.length !== 1) wrongPlaces.push(`cycle ${cycle}: ${place}: ${active.length}`);
        for (const { kid } of active) signed.add(kid);
      }
      for (const purpose of ['access-token', 'jwt-svid'])
        mostPublished = Math.max(mostPublished, rows.filter((row) => row.purpose === purpose).length);
      if (cycle > 0 && isMidway(before, rows)) midway += 1;
      before = rows;
      await passTime(ask, lastCycle);
      lastCycle = began;
    }
    return {
      cycles: cycle - 1,
      midway,
      verified,
      activations: activations(),
      unverifiable,
      wrongPlaces,
      mostPublished,
    };
  } finally {
    await running?.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
};
