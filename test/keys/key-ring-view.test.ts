import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import type { KeyState, SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { createTenantSigningKeys } from '../../src/keys/create-signing-keys.ts';
import { createKeyRing, NoActiveSigningKey } from '../../src/keys/key-ring-view.ts';
import { CannotOpenSigningKey, type SigningBackend } from '../../src/ports/signing-backend.ts';
import type { SigningKeySet } from '../../src/ports/stores.ts';
import { defaultPolicies, keyRingParts } from '../support/key-ring-parts.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemorySigningKeys } from '../support/memory-signing-keys.ts';

const now = 1_790_000_000_000;
const clock = { now: () => now, monotonic: () => 0 };
const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });

let first: readonly SigningKey[];
let second: readonly SigningKey[];
beforeAll(async () => {
  first = await createTenantSigningKeys({ backend, clock }, 'default');
  second = await createTenantSigningKeys({ backend, clock }, 'default');
});

const one = (rows: readonly SigningKey[], purpose = 'access-token', algorithm = 'ES256'): SigningKey => {
  const row = rows.find((key) => key.purpose === purpose && key.algorithm === algorithm);
  if (row === undefined) throw new Error('no such key');
  return row;
};
const inState = (row: SigningKey, state: KeyState, at = now): SigningKey => ({
  ...row,
  state,
  activatedAt: state === 'prepared' ? null : at,
  retiredAt: state === 'retired' ? at : null,
});
const open = (rows: readonly SigningKey[]) => {
  const store = createMemorySigningKeys(rows);
  return { store, ring: createKeyRing({ ...keyRingParts, signingKeys: store, backend, clock }) };
};

describe('createTenantSigningKeys', () => {
  it('contract §2 §4 makes an ES256 and an RS256 key for each purpose, active at once', () => {
    expect(first.map(({ purpose, algorithm, state }) => `${purpose} ${algorithm} ${state}`)).toEqual([
      'access-token ES256 active',
      'access-token RS256 active',
      'jwt-svid ES256 active',
      'jwt-svid RS256 active',
    ]);
    for (const key of first)
      expect(key).toMatchObject({ tenant: 'default', createdAt: now, activatedAt: now, retiredAt: null });
  });

  it('AT-17 SV-15 no two of them are the same key', () => {
    expect(new Set([...first, ...second].map(({ kid }) => kid)).size).toBe(8);
  });
});

describe('the signer of the key ring', () => {
  it.each([
    ['access-token', 'ES256'],
    ['access-token', 'RS256'],
    ['jwt-svid', 'ES256'],
    ['jwt-svid', 'RS256'],
  ] as const)('AT-17 for %s %s is the active key of just that', async (purpose, algorithm) => {
    const { ring } = open(first);
    const signer = await ring.signer('default', purpose, algorithm);
    expect(signer).toMatchObject({ kid: one(first, purpose, algorithm).kid, algorithm });
  });

  it.each(['prepared', 'retired'] as const)('A68 MD-15 is never a key that is %s', async (state) => {
    const { ring } = open([inState(one(first), state), one(second)]);
    expect((await ring.signer('default', 'access-token', 'ES256')).kid).toBe(one(second).kid);
    const { ring: alone } = open([inState(one(first), state)]);
    await expect(alone.signer('default', 'access-token', 'ES256')).rejects.toBeInstanceOf(NoActiveSigningKey);
  });

  it.each([
    ['in order', false],
    ['in reverse', true],
  ])('is the key activated last, rows %s', async (_case, reversed) => {
    const rows = [inState(one(first), 'active', now - 1000), inState(one(second), 'active', now)];
    const { ring } = open(reversed ? rows.toReversed() : rows);
    expect((await ring.signer('default', 'access-token', 'ES256')).kid).toBe(one(second).kid);
  });

  it('A70 is a fault where no key is active', async () => {
    const { ring } = open(first.filter(({ algorithm }) => algorithm === 'ES256'));
    await expect(ring.signer('default', 'access-token', 'ES256')).resolves.toBeDefined();
    await expect(ring.signer('default', 'access-token', 'RS256')).rejects.toThrow('no active RS256 key');
    await expect(ring.signer('acme', 'access-token', 'ES256')).rejects.toBeInstanceOf(NoActiveSigningKey);
  });

  it('AT-03 has a kid that is published at that moment', async () => {
    const { ring } = open(first);
    const { kid } = await ring.signer('default', 'access-token', 'ES256');
    expect((await ring.published('default', 'access-token')).map((key) => key.kid)).toContain(kid);
  });
});

describe('the published keys of the key ring', () => {
  it('MD-15 are the prepared, the active and the retired ones', async () => {
    const { ring } = open([
      inState(one(first), 'retired'),
      one(second),
      inState(one(first, 'access-token', 'RS256'), 'prepared'),
    ]);
    expect((await ring.published('default', 'access-token')).map((key) => key.kid)).toEqual([
      one(first).kid,
      one(second).kid,
      one(first, 'access-token', 'RS256').kid,
    ]);
  });

  it('AT-17 SV-15 of one purpose hold none of the other', async () => {
    const { ring } = open(first);
    const accessToken = (await ring.published('default', 'access-token')).map(({ kid }) => kid);
    const svid = (await ring.published('default', 'jwt-svid')).map(({ kid }) => kid);
    expect(accessToken).toHaveLength(2);
    expect(svid).toHaveLength(2);
    expect(accessToken.filter((kid) => svid.includes(kid))).toEqual([]);
  });

  it('MD-11 a kid that two keys share is a fault at the start', async () => {
    await expect(open([one(first), one(second)]).ring.load('default')).resolves.toBeUndefined();
    const twice = open([one(first), { ...one(second, 'jwt-svid'), kid: one(first).kid }]);
    await expect(twice.ring.load('default')).rejects.toThrow('share one kid');
  });

  it('A68 verification keys are those another node may have signed with, of access tokens alone', async () => {
    const prepared = inState(one(first, 'access-token', 'RS256'), 'prepared');
    const { ring } = open([inState(one(first), 'retired'), one(second), prepared, one(first, 'jwt-svid')]);
    const kids = (await ring.verificationKeys('default')).map(({ kid }) => kid);
    expect(kids).toEqual([one(first).kid, one(second).kid, prepared.kid]);
  });
});

describe('what the key ring keeps', () => {
  it('reads a tenant once, however many ask at once', async () => {
    const { ring, store } = open(first);
    await Promise.all(Array.from({ length: 50 }, () => ring.signer('default', 'access-token', 'ES256')));
    await ring.load('default');
    expect(store.reads()).toBe(1);
  });

  it('goes on serving while the store is down, until it has to read again', async () => {
    const { ring, store } = open(first);
    await ring.load('default');
    store.breakWith(new Error('store down'));
    await expect(ring.signer('default', 'access-token', 'ES256')).resolves.toBeDefined();
    ring.forget('default');
    await expect(ring.signer('default', 'access-token', 'ES256')).rejects.toThrow('store down');
    store.breakWith(null);
    await expect(ring.signer('default', 'access-token', 'ES256')).resolves.toBeDefined();
  });

  it('does not keep a failure', async () => {
    const { ring, store } = open(first);
    store.breakWith(new Error('store down'));
    await expect(ring.load('default')).rejects.toThrow('store down');
    store.breakWith(null);
    await expect(ring.load('default')).resolves.toBeUndefined();
  });

  it('keeps nothing of tenants that do not exist, and finds one that was made since', async () => {
    const { ring, store } = open(first);
    expect(await ring.published('acme', 'access-token')).toEqual([]);
    expect(await ring.published('acme', 'access-token')).toEqual([]);
    expect(store.reads()).toBe(2);
    store.set('acme', second);
    expect(await ring.published('acme', 'access-token')).toHaveLength(2);
  });

  it('A107 keeps tenants apart', async () => {
    const { ring, store } = open(first);
    store.set('acme', second);
    expect((await ring.signer('default', 'access-token', 'ES256')).kid).toBe(one(first).kid);
    expect((await ring.signer('acme', 'access-token', 'ES256')).kid).toBe(one(second).kid);
    ring.forget('acme');
    await ring.load('default');
    expect(store.reads()).toBe(2);
  });

  it('MD-14 gives the same arrays while nothing changed, and others once something did', async () => {
    const { ring, store } = open(first);
    const before = await ring.published('default', 'access-token');
    await ring.reload('default');
    expect(await ring.published('default', 'access-token')).toBe(before);
    store.set('default', [...first, inState(one(second), 'prepared')]);
    expect(await ring.published('default', 'access-token')).toBe(before);
    ring.forget('default');
    expect(await ring.published('default', 'access-token')).toHaveLength(3);
  });

  it('a reload that fails leaves what is known in service, and one that works replaces it', async () => {
    const { ring, store } = open(first);
    await ring.load('default');
    store.breakWith(new Error('store down'));
    await expect(ring.reload('default')).rejects.toThrow('store down');
    await expect(ring.reloadAll()).rejects.toMatchObject({
      errors: [expect.objectContaining({ message: 'store down' })],
    });
    expect((await ring.signer('default', 'access-token', 'ES256')).kid).toBe(one(first).kid);
    store.breakWith(null);
    store.set('default', second);
    expect((await ring.signer('default', 'access-token', 'ES256')).kid).toBe(one(first).kid);
    await ring.reloadAll();
    expect((await ring.signer('default', 'access-token', 'ES256')).kid).toBe(one(second).kid);
  });

  it('serves what is known while a reload is on its way, and a later read wins over an earlier one', async () => {
    const answers: ((rows: readonly SigningKey[]) => void)[] = [];
    const slow = {
      readSet: () =>
        new Promise<SigningKeySet>((resolve) => {
          answers.push((keys) => resolve({ keys, spiffeSequence: 1 }));
        }),
    };
    const ring = createKeyRing({ ...keyRingParts, signingKeys: slow, backend, clock });
    const kid = async () => (await ring.signer('default', 'access-token', 'ES256')).kid;
    const loading = ring.load('default');
    answers[0]?.(first);
    await loading;
    const reloads = [ring.reload('default'), ring.reload('default')];
    expect(await kid()).toBe(one(first).kid);
    answers[2]?.(second);
    await reloads[1];
    expect(await kid()).toBe(one(second).kid);
    answers[1]?.(first);
    await reloads[0];
    expect(await kid()).toBe(one(second).kid);
  });

  it('A71 a tenant whose last key is gone signs nothing more', async () => {
    const { ring, store } = open(first);
    await ring.load('default');
    store.set('default', []);
    await ring.reload('default');
    await expect(ring.signer('default', 'access-token', 'ES256')).rejects.toBeInstanceOf(NoActiveSigningKey);
  });

  it('A66 does not believe a read that began before it was told to forget', async () => {
    const { store } = open(first);
    const answers: ((rows: readonly SigningKey[]) => void)[] = [];
    const slow = {
      readSet: () =>
        new Promise<SigningKeySet>((resolve) => {
          answers.push((keys) => resolve({ keys, spiffeSequence: 1 }));
        }),
    };
    const ring = createKeyRing({ ...keyRingParts, signingKeys: slow, backend, clock });
    const early = ring.signer('default', 'access-token', 'ES256');
    ring.forget('default');
    const late = ring.signer('default', 'access-token', 'ES256');
    answers[1]?.(second);
    expect((await late).kid).toBe(one(second).kid);
    answers[0]?.((await store.readSet('default')).keys);
    await early;
    expect((await ring.signer('default', 'access-token', 'ES256')).kid).toBe(one(second).kid);
    expect(answers).toHaveLength(2);
  });

  it('opens a key again only when its row changed', async () => {
    const opened: string[] = [];
    const counting = {
      open: async (key: Parameters<typeof backend.open>[0]) => {
        opened.push(key.kid);
        return backend.open(key);
      },
    };
    const store = createMemorySigningKeys(first);
    const ring = createKeyRing({ ...keyRingParts, signingKeys: store, backend: counting, clock });
    await ring.load('default');
    expect(opened).toHaveLength(4);
    store.set('default', [...first, inState(one(second), 'active', now + 1)]);
    await ring.reload('default');
    expect(opened).toHaveLength(5);
    expect(opened.at(-1)).toBe(one(second).kid);
  });

  it('contract §2 a wrong key-encryption key shows at load', async () => {
    const store = createMemorySigningKeys(first);
    const stranger = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
    const ring = createKeyRing({ ...keyRingParts, signingKeys: store, backend: stranger, clock });
    await expect(ring.load('default')).rejects.toBeInstanceOf(CannotOpenSigningKey);
    await expect(open(first).ring.load('default')).resolves.toBeUndefined();
  });
});

describe('SV-20 the sequence of the bundle', () => {
  it('SV-20 is the one in the store, and stays where nothing changed, whatever this node and its clock did', async () => {
    const { ring, store } = open(first);
    const sequence = await ring.spiffeSequence('default');
    expect(sequence).toBe((await store.readSet('default')).spiffeSequence);
    await ring.reload('default');
    const clocks = [0, now + 3_600_000].map((at) => ({ now: () => at, monotonic: () => 0 }));
    for (const other of clocks) {
      const ringThere = createKeyRing({ ...keyRingParts, signingKeys: store, backend, clock: other });
      expect(await ringThere.spiffeSequence('default')).toBe(sequence);
    }
    store.set('default', first.slice(1));
    await ring.reload('default');
    expect(await ring.spiffeSequence('default')).toBe(sequence + 1);
  });

  it('SV-20 is seen where it alone changed', async () => {
    let spiffeSequence = 5;
    const signingKeys = { readSet: async () => ({ keys: first, spiffeSequence }) };
    const ring = createKeyRing({ ...keyRingParts, signingKeys, backend, clock });
    expect(await ring.spiffeSequence('default')).toBe(5);
    spiffeSequence = 6;
    await ring.reload('default');
    expect(await ring.spiffeSequence('default')).toBe(6);
  });

  it('SV-20 is the latest change of a key where an older version made the tenant, the same on every node', async () => {
    const keys = [...first, inState(one(second), 'active', now + 5000)];
    const signingKeys = { readSet: async () => ({ keys, spiffeSequence: null }) };
    for (const at of [0, now + 3_600_000]) {
      const there = { now: () => at, monotonic: () => 0 };
      const ring = createKeyRing({ ...keyRingParts, signingKeys, backend, clock: there });
      expect(await ring.spiffeSequence('default')).toBe(now + 5000);
    }
  });
});

describe('A70 A71 an active key that cannot be opened', () => {
  const setUp = (rows: readonly SigningKey[] = first) => {
    const store = createMemorySigningKeys(rows);
    const manual = createManualClock(now);
    const shut = new Set<string>();
    let opened = 0;
    const selective: Pick<SigningBackend, 'open'> = {
      open: async (key) => {
        opened += 1;
        if (shut.has(key.sealedPrivateKey)) throw new Error('the token does not answer');
        return backend.open(key);
      },
    };
    const faults: unknown[] = [];
    const ring = createKeyRing({
      signingKeys: store,
      backend: selective,
      clock: manual,
      policies: defaultPolicies,
      reportFault: (error) => void faults.push(error),
    });
    const kid = async () => (await ring.signer('default', 'access-token', 'ES256')).kid;
    return { store, clock: manual, shut, faults, ring, kid, opened: () => opened };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('A70 keeps itself from signing and the node from being ready, and nothing from being published', async () => {
    const { shut, ring, kid } = setUp();
    shut.add(one(first).sealedPrivateKey);
    await expect(ring.load('default')).rejects.toBeInstanceOf(CannotOpenSigningKey);
    expect(await ring.published('default', 'access-token')).toHaveLength(2);
    expect(await ring.published('default', 'jwt-svid')).toHaveLength(2);
    expect(await ring.verificationKeys('default')).toHaveLength(2);
    expect(await ring.spiffeSequence('default')).toBe(now);
    await expect(kid()).rejects.toBeInstanceOf(NoActiveSigningKey);
    await expect(kid()).rejects.toMatchObject({ cause: expect.any(CannotOpenSigningKey) });
    await expect(ring.requireSigners('default')).rejects.toThrow('cannot be opened');
    const other = await ring.signer('default', 'jwt-svid', 'ES256');
    expect(other.kid).toBe(one(first, 'jwt-svid').kid);
  });

  it('A70 is tried again after a second, and signs as soon as it opens', async () => {
    const { clock: manual, shut, faults, ring, kid, opened } = setUp();
    shut.add(one(first).sealedPrivateKey);
    await expect(kid()).rejects.toBeInstanceOf(NoActiveSigningKey);
    const published = await ring.published('default', 'access-token');
    expect(opened()).toBe(4);
    for (let round = 0; round < 3; round += 1) {
      manual.advance(1000);
      await expect(kid()).rejects.toBeInstanceOf(NoActiveSigningKey);
      await settled();
    }
    // The others are not opened again, and what is wrong is said once.
    expect(opened()).toBe(7);
    expect(faults).toMatchObject([{ name: 'CannotOpenSigningKey' }]);
    shut.clear();
    manual.advance(1000);
    await expect(kid()).rejects.toBeInstanceOf(NoActiveSigningKey);
    await settled();
    expect(await kid()).toBe(one(first).kid);
    await expect(ring.requireSigners('default')).resolves.toBeUndefined();
    expect(await ring.published('default', 'access-token')).toBe(published);
  });

  it('A119 goes on signing where it was opened before it was sealed in another way, and is not ready at once', async () => {
    const { store, clock: manual, shut, ring, kid } = setUp();
    expect(await kid()).toBe(one(first).kid);
    await expect(ring.requireSigners('default')).resolves.toBeUndefined();
    const rewrapped = first.map((row) => ({ ...row, sealedPrivateKey: `anew ${row.kid}` }));
    for (const { sealedPrivateKey } of rewrapped) shut.add(sealedPrivateKey);
    store.set('default', rewrapped);
    await expect(ring.reload('default')).rejects.toBeInstanceOf(CannotOpenSigningKey);
    await expect(ring.requireSigners('default')).rejects.toBeInstanceOf(CannotOpenSigningKey);
    manual.advance(3_600_000);
    expect(await kid()).toBe(one(first).kid);
    store.set('default', [
      ...rewrapped,
      { ...inState(one(second), 'active', now + 1), sealedPrivateKey: '' },
    ]);
    shut.add('');
    await expect(ring.reload('default')).rejects.toBeInstanceOf(CannotOpenSigningKey);
    await expect(kid()).rejects.toBeInstanceOf(NoActiveSigningKey);
  });

  it('A119 what was opened for one kid signs for no other', async () => {
    const { store, ring, kid } = setUp();
    expect(await kid()).toBe(one(first).kid);
    store.set(
      'default',
      first.map((row) => ({ ...row, kid: `other ${row.kid}` })),
    );
    await expect(ring.reload('default')).rejects.toBeInstanceOf(CannotOpenSigningKey);
    await expect(kid()).rejects.toBeInstanceOf(NoActiveSigningKey);
  });

  it('A71 a revoked key is published no longer, whatever becomes of its successor', async () => {
    const { store, shut, ring } = setUp();
    await ring.load('default');
    shut.add(one(second).sealedPrivateKey);
    store.set('default', [...first.filter((row) => row !== one(first)), one(second)]);
    await expect(ring.reload('default')).rejects.toBeInstanceOf(CannotOpenSigningKey);
    const kids = (await ring.published('default', 'access-token')).map((key) => key.kid);
    expect(kids).toContain(one(second).kid);
    expect(kids).not.toContain(one(first).kid);
  });
});

describe('A68 A70 a node that hears nothing', () => {
  const setUp = (rows: readonly SigningKey[] = first) => {
    const manual = createManualClock(now);
    const store = createMemorySigningKeys(rows);
    const faults: unknown[] = [];
    const ring = createKeyRing({
      signingKeys: store,
      backend,
      clock: manual,
      policies: defaultPolicies,
      reportFault: (error) => void faults.push(error),
    });
    const kid = async () => (await ring.signer('default', 'access-token', 'ES256')).kid;
    return { clock: manual, store, faults, ring, kid };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('looks at the store again by itself, beside what it knows', async () => {
    const { clock: manual, store, ring, kid } = setUp();
    await ring.load('default');
    store.set('default', second);
    manual.advance(9999);
    expect(await kid()).toBe(one(first).kid);
    await settled();
    expect(store.reads()).toBe(1);
    manual.advance(1);
    expect(await kid()).toBe(one(first).kid);
    await settled();
    expect(await kid()).toBe(one(second).kid);
    expect(store.reads()).toBe(2);
  });

  it('asks again after a second where that failed, one question at a time, and says so once', async () => {
    const { clock: manual, store, faults, ring, kid } = setUp();
    await ring.load('default');
    store.breakWith(new Error('store down'));
    manual.advance(10_000);
    await Promise.all([kid(), kid(), kid()]);
    await settled();
    expect(store.reads()).toBe(2);
    await kid();
    await settled();
    expect(store.reads()).toBe(2);
    manual.advance(1000);
    await kid();
    await settled();
    expect(store.reads()).toBe(3);
    expect(faults).toMatchObject([{ message: 'store down' }]);
    store.breakWith(null);
    store.set('default', second);
    manual.advance(1000);
    await kid();
    await settled();
    expect(await kid()).toBe(one(second).kid);
    store.breakWith(new Error('down again'));
    manual.advance(10_000);
    await kid();
    await settled();
    expect(faults).toHaveLength(2);
  });

  it('A71 asks again after a second too where the news came and the reading failed', async () => {
    const { clock: manual, store, ring, kid } = setUp();
    await ring.load('default');
    store.set('default', second);
    store.breakWith(new Error('store down'));
    await expect(ring.reload('default')).rejects.toThrow('store down');
    store.breakWith(null);
    manual.advance(1000);
    await kid();
    await settled();
    expect(await kid()).toBe(one(second).kid);
  });

  it('signs for 15 minutes with what it knows, and publishes on', async () => {
    const { clock: manual, store, ring, kid } = setUp();
    await ring.load('default');
    store.breakWith(new Error('store down'));
    manual.advance(899_999);
    expect(await kid()).toBe(one(first).kid);
    await expect(ring.requireSigners('default')).resolves.toBeUndefined();
    await settled();
    manual.advance(1);
    await expect(kid()).rejects.toThrow('store down');
    await expect(ring.requireSigners('default')).rejects.toThrow('store down');
    expect(await ring.published('default', 'access-token')).toHaveLength(2);
    expect(await ring.verificationKeys('default')).toHaveLength(2);
    store.breakWith(null);
    store.set('default', second);
    expect(await kid()).toBe(one(second).kid);
  });

  it('a process that slept signs nothing with a key that is gone by now', async () => {
    const { clock: manual, store, ring, kid } = setUp();
    await ring.load('default');
    store.set('default', second);
    manual.advance(3_600_000);
    expect(await kid()).toBe(one(second).kid);
  });

  it('A70 signs nothing with a key that is too old, and is not ready then', async () => {
    const { clock: manual, ring, kid } = setUp();
    const { expireAfterMs } = defaultPolicies['access-token'];
    manual.jump(expireAfterMs - 1);
    expect(await kid()).toBe(one(first).kid);
    await expect(ring.requireSigners('default')).resolves.toBeUndefined();
    manual.jump(1);
    await expect(kid()).rejects.toThrow(NoActiveSigningKey);
    await expect(ring.requireSigners('default')).rejects.toThrow('too old to sign');
    expect(await ring.published('default', 'access-token')).toHaveLength(2);
  });

  it('A70 counts the age of a key from what the store says now', async () => {
    const { store, ring, kid } = setUp();
    expect(await kid()).toBe(one(first).kid);
    const { expireAfterMs } = defaultPolicies['access-token'];
    store.set(
      'default',
      first.map((row) => ({ ...row, activatedAt: now - expireAfterMs })),
    );
    await ring.reload('default');
    await expect(kid()).rejects.toThrow(NoActiveSigningKey);
  });

  it.each([
    ['access-token', 'ES256'],
    ['access-token', 'RS256'],
    ['jwt-svid', 'ES256'],
    ['jwt-svid', 'RS256'],
  ] as const)('A70 is not ready without an active key for %s %s', async (purpose, algorithm) => {
    const { ring } = setUp(first.filter((row) => row !== one(first, purpose, algorithm)));
    await expect(ring.requireSigners('default')).rejects.toThrow(
      `no active ${algorithm} key for ${purpose} in tenant default`,
    );
  });
});
