import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type BureauProcess, freePort, startBureau } from './bureau-process.ts';

/** What kills during rotations left behind; every list is empty when the promises hold. */
export interface RotationKillReport {
  readonly cycles: number;
  /** Tokens that clients received and that were verified after the restart. */
  readonly verified: number;
  /** Keys that signed for the first time. */
  readonly activations: number;
  readonly unverifiable: readonly string[];
  /** `access-token ES256: 2` where a place had not exactly one active key after a restart. */
  readonly wrongPlaces: readonly string[];
  readonly mostPublished: number;
}

const dayMs = 86_400_000;
const places = ['access-token ES256', 'access-token RS256', 'jwt-svid ES256', 'jwt-svid RS256'];

interface Row {
  readonly kid: string;
  readonly place: string;
  readonly purpose: string;
  readonly state: string;
}

/** The database of a server that is dead. */
const openDead = (dataDir: string) => {
  const database = new DatabaseSync(join(dataDir, 'bureau.db'));
  const rows = () =>
    database
      .prepare("select kid, purpose, purpose || ' ' || algorithm as place, state from signing_keys")
      .all() as unknown as readonly Row[];
  return {
    rows,
    /** Makes every active key due, and lets go what retired before the last cycle began. */
    passTime: (lastCycle: number) => {
      const now = Date.now();
      database
        .prepare("update signing_keys set activated_at = ? where state = 'active'")
        .run(now - 40 * dayMs);
      database
        .prepare(
          "update signing_keys set retired_at = retired_at - ? where state = 'retired' and retired_at < ?",
        )
        .run(dayMs, lastCycle);
    },
    close: () => database.close(),
  };
};

/**
 * `kill -9` at a random moment of a rotation, `cycles` times on one data folder: each time the keys are due as the server
 * starts, and tokens are issued until the kill. After the restart there is one active key in each place, and what clients
 * got in the cycle before verifies (B03).
 */
export const killDuringRotation = async (cycles: number): Promise<RotationKillReport> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bureau-rotation-'));
  const port = await freePort();
  const start = (): Promise<BureauProcess> =>
    startBureau({
      dataDir,
      port,
      environment: {
        BUREAU_SIGNING_KEY_PUBLISH_AHEAD_SECONDS: '2',
        BUREAU_PUBLISHED_MAX_AGE_SECONDS: '1',
      },
    });

  const unverifiable: string[] = [];
  const wrongPlaces: string[] = [];
  const signed = new Set<string>();
  let [verified, mostPublished, lastCycle] = [0, 0, 0];
  let tokens: string[] = [];
  try {
    for (let cycle = 0; cycle <= cycles; cycle += 1) {
      const began = Date.now();
      const bureau = await start();
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
      await sleep(randomInt(20, 3200));
      await bureau.kill();
      over = true;
      await load;

      const dead = openDead(dataDir);
      const rows = dead.rows();
      for (const place of places) {
        const active = rows.filter((row) => row.place === place && row.state === 'active');
        if (active.length !== 1) wrongPlaces.push(`cycle ${cycle}: ${place}: ${active.length}`);
        for (const { kid } of active) signed.add(kid);
      }
      for (const purpose of ['access-token', 'jwt-svid'])
        mostPublished = Math.max(mostPublished, rows.filter((row) => row.purpose === purpose).length);
      dead.passTime(lastCycle);
      dead.close();
      lastCycle = began;
    }
    return { cycles, verified, activations: signed.size, unverifiable, wrongPlaces, mostPublished };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
};
