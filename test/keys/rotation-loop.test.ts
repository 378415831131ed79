import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRotationLoop } from '../../src/keys/rotation-loop.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import {
  createRotatingNode,
  insertTenantWithKeys,
  minutes,
  type RotatingNode,
  statesOf,
} from '../support/rotating-node.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';

/** On a machine with other work to do as well. */
const eventually = (act: () => unknown) => vi.waitFor(act, { timeout: 10_000, interval: 10 });

const [sqlite] = storageEngines;
if (sqlite === undefined) throw new Error('no engine');
const turnMs = 0.1 * 86_400_000;

let opened: OpenedStorage;
let clock: ManualClock;
let node: RotatingNode;
let stop: (() => Promise<void>) | null = null;
beforeEach(async () => {
  opened = await openInEmptyPlace(sqlite.createPlace);
  clock = createManualClock();
  node = createRotatingNode({ storage: opened.storage, clock });
  await insertTenantWithKeys(opened.storage, node.backend, clock);
});
afterEach(async () => {
  await stop?.();
  stop = null;
  await opened.remove();
});

const faults: unknown[] = [];
const start = (intervalMs?: number): void => {
  faults.length = 0;
  const loop = startRotationLoop(node.rotation, (error) => void faults.push(error), intervalMs);
  stop = loop.stop;
};
const messages = (): readonly string[] => faults.map((fault) => (fault as Error).message);

describe('the loop of rotation', () => {
  it('looks at once when it starts, for a server that was off for long', async () => {
    clock.advance(turnMs);
    start(3_600_000);
    await eventually(async () => expect(statesOf(await node.keys())).toContain('ES256 prepared'));
  });

  it('looks again and again, and touches no tenant that is at rest', async () => {
    await insertTenantWithKeys(opened.storage, node.backend, clock, 'acme');
    const made = node.backend.made.length;
    start(10);
    clock.advance(turnMs);
    await eventually(async () => expect(statesOf(await node.keys())).toContain('ES256 prepared'));
    clock.advance(minutes(10));
    await eventually(async () => expect(statesOf(await node.keys())).toContain('ES256 retired'));
    await eventually(async () =>
      expect(statesOf(await opened.storage.signingKeys.listOf('acme'))).toContain('ES256 retired'),
    );
    await stop?.();
    expect(node.backend.made).toHaveLength(made + 8);
    expect(faults).toEqual([]);
  });

  it('A70 reports what keeps a tenant from its keys each time, and goes on with the others', async () => {
    await insertTenantWithKeys(opened.storage, node.backend, clock, 'aaa');
    const { storage } = node.rotation;
    const broken = {
      ...storage,
      signingKeys: {
        ...storage.signingKeys,
        listOf: (tenant: string) =>
          tenant === 'aaa' ? Promise.reject(new Error('rows of aaa')) : storage.signingKeys.listOf(tenant),
      },
    };
    clock.advance(turnMs);
    const loop = startRotationLoop(
      { ...node.rotation, storage: broken },
      (error) => void faults.push(error),
      10,
    );
    stop = loop.stop;
    await eventually(async () => expect(statesOf(await node.keys())).toContain('ES256 prepared'));
    expect(faults.length).toBeGreaterThan(0);
  });

  it('A70 sounds the alarm for a key that should have been replaced, long before it is too old', async () => {
    node.backend.breakWith(new Error('the token is full'));
    clock.advance(turnMs + minutes(9));
    start(10);
    await eventually(() => expect(messages().join()).toContain('the token is full'));
    expect(messages().join()).not.toContain('should have been replaced');
    clock.advance(minutes(1));
    await eventually(() => expect(messages().join()).toContain('should have been replaced'));
    node.backend.breakWith(null);
    await eventually(async () => expect(statesOf(await node.keys())).toContain('ES256 prepared'));
  });

  it('A70 says that a round takes for ever', async () => {
    vi.useFakeTimers();
    try {
      const never = {
        ...opened.storage.signingKeys,
        tenantsToRotate: () => new Promise<never>(() => undefined),
      };
      const storage = { ...opened.storage, signingKeys: never };
      startRotationLoop({ ...node.rotation, storage }, (error) => void faults.push(error), 10_000);
      faults.length = 0;
      vi.advanceTimersByTime(50_000);
      expect(faults).toEqual([]);
      vi.advanceTimersByTime(10_000);
      expect(messages()).toEqual(['a rotation of signing keys is under way for too long']);
      vi.advanceTimersByTime(60_000);
      expect(faults).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('has done its round when it is stopped, and begins no other', async () => {
    clock.advance(turnMs);
    start(10);
    await stop?.();
    const made = node.backend.made.length;
    const states = statesOf(await node.keys());
    clock.advance(10 * turnMs);
    await sleep(50);
    expect(node.backend.made).toHaveLength(made);
    expect(statesOf(await node.keys())).toEqual(states);
  });
});
