import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { partyOf } from '../../src/core/activity/activity.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { rotateSigningKeys, whatIsDue } from '../../src/keys/rotate-signing-keys.ts';
import { UniqueViolation } from '../../src/ports/stores.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import {
  createRotatingNode,
  insertTenantWithKeys,
  minutes,
  type RotatingNode,
  statesOf,
} from '../support/rotating-node.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount } from '../support/stored-samples.ts';

const [sqlite] = storageEngines;
if (sqlite === undefined) throw new Error('no engine');
const es256 = { ...whatIsDue, purpose: 'access-token', algorithm: 'ES256' } as const;
const turnMs = 0.1 * 86_400_000;

let opened: OpenedStorage;
let clock: ManualClock;
let node: RotatingNode;
beforeEach(async () => {
  opened = await openInEmptyPlace(sqlite.createPlace);
  clock = createManualClock();
  node = createRotatingNode({ storage: opened.storage, clock });
  await insertTenantWithKeys(opened.storage, node.backend, clock);
});
afterEach(() => opened.remove());

const rotate = (order: Parameters<typeof rotateSigningKeys>[2] = es256) =>
  rotateSigningKeys(node.rotation, 'default', order);
const activities = async (): Promise<readonly string[]> => {
  const page = await opened.storage.activities.list('default', {}, { limit: 200, cursor: null });
  return page.items.map(({ type }) => type).toReversed();
};
const es256Keys = async (): Promise<readonly SigningKey[]> =>
  (await node.keys()).filter((key) => key.purpose === 'access-token' && key.algorithm === 'ES256');

describe('contract §1 §7 a signing key', () => {
  it('is prepared, active, retired and gone, each step with its activity', async () => {
    await rotate();
    expect(statesOf(await node.keys())).toEqual(['ES256 active', 'RS256 active']);

    clock.advance(turnMs - minutes(10));
    await rotate();
    expect(statesOf(await node.keys())).toEqual(['ES256 active', 'RS256 active', 'ES256 prepared']);
    clock.advance(minutes(10) - 1);
    await rotate();
    expect(statesOf(await node.keys())).toContain('ES256 prepared');
    clock.advance(1);
    await rotate();
    expect(statesOf(await node.keys())).toEqual(['ES256 retired', 'RS256 active', 'ES256 active']);
    const [old, fresh] = await es256Keys();
    expect(old).toMatchObject({ retiredAt: clock.now() });
    expect(fresh).toMatchObject({ activatedAt: clock.now(), createdAt: clock.now() - minutes(10) });

    clock.advance((900 + 900 + 60 + 300) * 1000 - 1);
    await rotate();
    expect(statesOf(await node.keys())).toContain('ES256 retired');
    clock.advance(1);
    await rotate();
    expect(statesOf(await node.keys())).toEqual(['RS256 active', 'ES256 active']);
    expect(node.backend.destroyed).toEqual([old?.sealedPrivateKey]);
    expect(await activities()).toEqual(['signing-key.prepare', 'signing-key.activate', 'signing-key.drop']);
  });

  it('A68 tells this node and every other one of each step', async () => {
    const revision = async () => (await opened.storage.revisions.all()).get('default') ?? 0;
    for (const wait of [turnMs - minutes(10), minutes(10), minutes(36)]) {
      clock.advance(wait);
      const before = await revision();
      await rotate();
      expect(await revision()).toBeGreaterThan(before);
      const kept = (await node.keys()).filter(({ purpose }) => purpose === 'access-token');
      await vi.waitFor(async () => {
        const published = await node.ring.published('default', 'access-token');
        expect(published.map(({ kid }) => kid)).toEqual(kept.map(({ kid }) => kid));
      });
    }
  });

  it('of every purpose and algorithm has its turn', async () => {
    clock.advance(turnMs);
    await rotate(whatIsDue);
    expect((await node.keys()).filter(({ state }) => state === 'prepared')).toHaveLength(4);
  });

  it('is rotated before its time where somebody asks, who is named', async () => {
    const actor = partyOf(sampleAccount());
    await rotate({ ...es256, now: true, actor, sourceAddress: '192.0.2.1' });
    expect(statesOf(await node.keys())).toEqual(['ES256 active', 'RS256 active', 'ES256 prepared']);
    const page = await opened.storage.activities.list('default', {}, { limit: 10, cursor: null });
    expect(page.items).toMatchObject([
      {
        type: 'signing-key.prepare',
        outcome: 'changed',
        actor,
        sourceAddress: '192.0.2.1',
        details: { purpose: 'access-token', algorithm: 'ES256', kid: (await es256Keys())[1]?.kid },
      },
    ]);
    // Once is enough.
    await rotate({ ...es256, now: true });
    expect(await es256Keys()).toHaveLength(2);
  });

  it('A69 waits where there is no room, and says so', async () => {
    for (let count = 0; count < 2; count += 1) {
      expect(await rotate({ ...es256, now: true })).toEqual([]);
      clock.advance(minutes(10));
      await rotate();
    }
    expect(await es256Keys()).toHaveLength(3);
    expect(await rotate({ ...es256, now: true })).toEqual([{ purpose: 'access-token', algorithm: 'ES256' }]);
    clock.advance(minutes(36));
    expect(await rotate({ ...es256, now: true })).toEqual([]);
  });
});

describe('A70 what keeps a key from its turn', () => {
  it('a key that cannot be made is a fault, and the other slots go on', async () => {
    clock.advance(turnMs);
    const backend = {
      ...node.backend,
      generate: (purpose: SigningKey['purpose'], algorithm: SigningKey['algorithm']) =>
        algorithm === 'ES256'
          ? Promise.reject(new Error('no randomness'))
          : node.backend.generate(purpose, algorithm),
    };
    const blocked = rotateSigningKeys({ ...node.rotation, backend }, 'default');
    await expect(blocked).rejects.toMatchObject({
      errors: [{ message: 'no randomness' }, { message: 'no randomness' }],
    });
    expect(statesOf(await node.keys())).toEqual(['ES256 active', 'RS256 active', 'RS256 prepared']);
    await rotate(whatIsDue);
    expect(statesOf(await node.keys())).toContain('ES256 prepared');
  });

  it('a prepared key that cannot be opened does not take over', async () => {
    clock.advance(turnMs);
    await rotate();
    const prepared = (await es256Keys())[1];
    if (prepared === undefined) throw new Error('nothing prepared');
    await opened.storage.signingKeys.reseal(
      'default',
      prepared.kid,
      prepared.sealedPrivateKey,
      'v1.spoilt.x',
    );
    clock.advance(minutes(10));
    await expect(rotate()).rejects.toThrow('cannot be opened');
    expect(statesOf(await node.keys())).toEqual(['ES256 active', 'RS256 active', 'ES256 prepared']);
    await opened.storage.signingKeys.reseal(
      'default',
      prepared.kid,
      'v1.spoilt.x',
      prepared.sealedPrivateKey,
    );
    await rotate();
    expect(statesOf(await node.keys())).toContain('ES256 retired');
  });

  it('a key that is missing is replaced at once, and one that is too old retires with it', async () => {
    const [first] = await es256Keys();
    await opened.storage.signingKeys.remove('default', first?.kid ?? '');
    await rotate();
    expect(statesOf(await node.keys())).toEqual(['RS256 active', 'ES256 active']);
    clock.advance(3 * turnMs);
    await rotate();
    expect(statesOf(await node.keys())).toEqual(['RS256 active', 'ES256 retired', 'ES256 active']);
    expect(await activities()).toEqual(['signing-key.replace', 'signing-key.replace']);
  });
});

describe('A69 when another node is first', () => {
  it.each(['prepare', 'activate', 'drop'])(
    'the step %s is done once, and a key made in vain is destroyed',
    async (step) => {
      const stages = {
        prepare: [turnMs],
        activate: [turnMs, minutes(10)],
        drop: [turnMs, minutes(10), minutes(36)],
      };
      const times = stages[step as keyof typeof stages];
      for (const [index, time] of times.entries()) {
        clock.advance(time);
        if (index < times.length - 1) await rotate();
      }
      const made = node.backend.made.length;
      await Promise.all([rotate(), rotate(), rotate()]);
      const taken = (await activities()).filter((type) => type === `signing-key.${step}`);
      expect(taken).toHaveLength(1);
      const inVain = node.backend.made.length - made - (step === 'prepare' ? 1 : 0);
      const rows = (await node.keys()).map(({ sealedPrivateKey }) => sealedPrivateKey);
      expect(node.backend.destroyed.filter((sealed) => rows.includes(sealed))).toEqual([]);
      expect(node.backend.destroyed.length).toBeGreaterThanOrEqual(inVain);
    },
  );

  it('a place that was taken by a hair is as good as done', async () => {
    clock.advance(turnMs);
    let tries = 0;
    const storage = {
      ...opened.storage,
      transaction: async <T>(work: Parameters<typeof opened.storage.transaction<T>>[0]): Promise<T> => {
        tries += 1;
        if (tries > 1) return opened.storage.transaction(work);
        await rotate();
        throw new UniqueViolation('signing-key');
      },
    };
    await rotateSigningKeys({ ...node.rotation, storage }, 'default', es256);
    expect(statesOf(await node.keys())).toEqual(['ES256 active', 'RS256 active', 'ES256 prepared']);
    expect(tries).toBe(1);
  });

  it('A67 a fault of the store is one, and leaves everything as it was', async () => {
    clock.advance(turnMs);
    const storage = { ...opened.storage, transaction: () => Promise.reject(new Error('store down')) };
    await expect(rotateSigningKeys({ ...node.rotation, storage }, 'default', es256)).rejects.toThrow(
      'store down',
    );
    expect(statesOf(await node.keys())).toEqual(['ES256 active', 'RS256 active']);
  });

  it('B16 a commit whose answer was lost never costs the private half of the key it kept', async () => {
    clock.advance(turnMs);
    const storage: typeof opened.storage = {
      ...opened.storage,
      transaction: async (work) => {
        await opened.storage.transaction(work);
        throw new Error('the connection was lost after the commit');
      },
    };
    await expect(rotateSigningKeys({ ...node.rotation, storage }, 'default', es256)).rejects.toThrow('lost');
    expect(statesOf(await node.keys())).toContain('ES256 prepared');
    expect(node.backend.destroyed).toEqual([]);
  });
});
