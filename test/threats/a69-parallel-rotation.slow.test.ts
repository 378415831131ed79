import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { rotateSigningKeys, whatIsDue } from '../../src/keys/rotate-signing-keys.ts';
import { startRotationLoop } from '../../src/keys/rotation-loop.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres.ts';
import {
  createCountingBackend,
  createRotatingNode,
  insertTenantWithKeys,
  minutes,
  type RotatingNode,
} from '../support/rotating-node.ts';

const turnMs = 0.1 * 86_400_000;
const keyEncryptionKey = randomBytes(32);

describe('A69 five nodes on one PostgreSQL, rotation due on all at one instant', () => {
  let database: PostgresDatabase;
  let storages: Storage[];
  let clock: ManualClock;
  let nodes: RotatingNode[];
  beforeEach(async () => {
    database = await createPostgresDatabase();
    storages = [];
    for (let count = 0; count < 5; count += 1)
      storages.push(await openStorage({ url: database.url, postgres: { poolSize: 3 } }));
    clock = createManualClock();
    nodes = storages.map((storage) =>
      createRotatingNode({ storage, clock, backend: createCountingBackend(keyEncryptionKey) }),
    );
    const [storage] = storages;
    const backend = nodes[0]?.backend;
    if (storage === undefined || backend === undefined) throw new Error('no node');
    await insertTenantWithKeys(storage, backend, clock);
  }, 60_000);
  afterEach(async () => {
    await Promise.all(storages.map((storage) => storage.close()));
    await database.drop();
  });

  const keys = async () => (await nodes[0]?.keys()) ?? [];
  const counts = async (): Promise<Readonly<Record<string, number>>> => {
    const found: Record<string, number> = {};
    for (const { purpose, algorithm, state } of await keys()) {
      const name = `${purpose} ${algorithm} ${state}`;
      found[name] = (found[name] ?? 0) + 1;
    }
    return found;
  };
  const perSlot = (...states: readonly string[]) =>
    Object.fromEntries(
      ['access-token', 'jwt-svid'].flatMap((purpose) =>
        ['ES256', 'RS256'].flatMap((algorithm) =>
          states.map((state) => [`${purpose} ${algorithm} ${state}`, 1]),
        ),
      ),
    );
  const destroyed = () => nodes.flatMap(({ backend }) => backend.destroyed);
  const made = () => nodes.flatMap(({ backend }) => backend.made);

  it('exactly one new key in each place at every step; what was made in vain is destroyed', async () => {
    clock.advance(turnMs);
    await Promise.all(nodes.map(({ rotation }) => rotateSigningKeys(rotation, 'default')));
    expect(await counts()).toEqual(perSlot('active', 'prepared'));

    clock.advance(minutes(10));
    await Promise.all(nodes.map(({ rotation }) => rotateSigningKeys(rotation, 'default')));
    expect(await counts()).toEqual(perSlot('active', 'retired'));

    clock.advance(minutes(90));
    await Promise.all(nodes.map(({ rotation }) => rotateSigningKeys(rotation, 'default')));
    expect(await counts()).toEqual(perSlot('active'));
    const rows = (await keys()).map(({ sealedPrivateKey }) => sealedPrivateKey);
    expect([...new Set([...destroyed(), ...rows])].toSorted()).toEqual(made().toSorted());
    expect(nodes.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('the same for what somebody asks for on all of them at once', async () => {
    await Promise.all(
      nodes.map(({ rotation }) => rotateSigningKeys(rotation, 'default', { ...whatIsDue, now: true })),
    );
    expect(await counts()).toEqual(perSlot('active', 'prepared'));
  });

  it('the same for places that are empty', async () => {
    for (const { kid } of await keys()) await storages[0]?.signingKeys.remove('default', kid);
    expect(await keys()).toEqual([]);
    await Promise.all(nodes.map(({ rotation }) => rotateSigningKeys(rotation, 'default')));
    expect(await counts()).toEqual(perSlot('active'));
  });

  it('and each restarted 20 times: still one, and never more than five published for a purpose', async () => {
    let most = 0;
    const faults: unknown[] = [];
    const restart = async ({ rotation }: RotatingNode): Promise<void> => {
      for (let count = 0; count < 20; count += 1) {
        const loop = startRotationLoop(rotation, (error) => void faults.push(error), 5);
        await new Promise((resolve) => setTimeout(resolve, 10));
        await loop.stop();
        for (const purpose of ['access-token', 'jwt-svid'])
          most = Math.max(most, (await keys()).filter((key) => key.purpose === purpose).length);
      }
    };
    clock.advance(turnMs);
    await Promise.all(nodes.map(restart));
    expect(await counts()).toEqual(perSlot('active', 'prepared'));
    clock.advance(minutes(10));
    await Promise.all(nodes.map(restart));
    expect(await counts()).toEqual(perSlot('active', 'retired'));
    expect(most).toBeLessThanOrEqual(5);
    expect(faults).toEqual([]);
  }, 120_000);
});
