// SV-20: the sequence of the SPIFFE bundle over rotations, nodes, restarts and clocks, on every engine.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { rotateSigningKeys, whatIsDue } from '../../src/keys/rotate-signing-keys.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import {
  createCountingBackend,
  createRotatingNode,
  insertTenantWithKeys,
  minutes,
  type RotatingNode,
} from '../support/rotating-node.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';

const turnMs = 0.1 * 86_400_000;
const keyEncryptionKey = randomBytes(32);

describe.each(storageEngines)('SV-20 the sequence of the bundle on $engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  let other: Storage;
  /** Each node has a clock of its own. */
  let clocks: readonly [ManualClock, ManualClock];
  let nodes: readonly [RotatingNode, RotatingNode];
  beforeEach(async () => {
    opened = await openInEmptyPlace(createPlace);
    other = await openStorage({ url: opened.url });
    clocks = [createManualClock(), createManualClock()];
    const nodeOn = (storage: Storage, clock: ManualClock) =>
      createRotatingNode({ storage, clock, backend: createCountingBackend(keyEncryptionKey) });
    nodes = [nodeOn(opened.storage, clocks[0]), nodeOn(other, clocks[1])];
    await insertTenantWithKeys(opened.storage, nodes[0].backend, clocks[0]);
  });
  afterEach(async () => {
    await other.close();
    await opened.remove();
  });

  const svid = { ...whatIsDue, purpose: 'jwt-svid' } as const;
  const stored = async () => (await opened.storage.signingKeys.readSet('default')).spiffeSequence;
  const bundleOf = async ({ ring }: RotatingNode) => ({
    sequence: await ring.spiffeSequence('default'),
    kids: (await ring.published('default', 'jwt-svid')).map(({ kid }) => kid),
  });
  /** Both nodes have heard of everything; what they publish, which has to be the same. */
  const published = async () => {
    await Promise.all(nodes.map(({ ring }) => ring.reload('default')));
    const [first, second] = await Promise.all(nodes.map(bundleOf));
    expect(second).toEqual(first);
    if (first === undefined) throw new Error('no node');
    expect(first.sequence).toBe(await stored());
    return first;
  };

  it('SV-20 grows with each step of a JWT-SVID key, also when one only goes, and with no other', async () => {
    const seen = [(await published()).sequence];
    for (const wait of [turnMs - minutes(10), minutes(10), minutes(90)]) {
      for (const clock of clocks) clock.advance(wait);
      await rotateSigningKeys(nodes[0].rotation, 'default', svid);
      seen.push((await published()).sequence);
    }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    const before = await published();
    for (const clock of clocks) clock.advance(minutes(1));
    await rotateSigningKeys(nodes[0].rotation, 'default', {
      ...whatIsDue,
      now: true,
      purpose: 'access-token',
    });
    expect(await published()).toEqual(before);
  });

  it('SV-20 is the same on two nodes whose clocks differ, whichever makes the change', async () => {
    clocks[1].jump(30_000);
    const start = await published();
    await rotateSigningKeys(nodes[1].rotation, 'default', { ...svid, now: true, algorithm: 'ES256' });
    const ahead = await published();
    expect(ahead.sequence).toBe(clocks[1].now());
    // The other one's clock is behind what was written: one more, and not less.
    await rotateSigningKeys(nodes[0].rotation, 'default', { ...svid, now: true, algorithm: 'RS256' });
    const behind = await published();
    expect(behind.sequence).toBe(ahead.sequence + 1);
    expect(start.sequence).toBeLessThan(ahead.sequence);
    expect(new Set([start, ahead, behind].map(({ kids }) => kids.join())).size).toBe(3);
  });

  it('SV-20 stays over a restart, and is not lowered by a clock that was set back', async () => {
    await rotateSigningKeys(nodes[0].rotation, 'default', { ...svid, now: true, algorithm: 'ES256' });
    const before = await published();
    const [clock] = clocks;
    for (const jump of [0, 7_200_000, -14_400_000]) {
      clock.jump(jump);
      const { ring } = createRotatingNode({ storage: opened.storage, clock, backend: nodes[0].backend });
      expect([jump, await ring.spiffeSequence('default')]).toEqual([jump, before.sequence]);
    }
    expect(clock.now()).toBeLessThan(before.sequence);
    await rotateSigningKeys(nodes[0].rotation, 'default', { ...svid, now: true, algorithm: 'RS256' });
    expect((await published()).sequence).toBe(before.sequence + 1);
  });

  it('SV-20 is beyond everything published before with the first change after a restore from a backup', async () => {
    const backup = await stored();
    for (const clock of clocks) clock.advance(minutes(60));
    await rotateSigningKeys(nodes[0].rotation, 'default', { ...svid, now: true });
    const lost = await published();
    for (const clock of clocks) clock.advance(minutes(60));
    // As the backup has it: what was prepared since is unknown, and the sequence is the old one.
    await opened.storage.transaction(async ({ signingKeys }) => {
      for (const key of await signingKeys.listOf('default'))
        if (key.state === 'prepared') await signingKeys.remove('default', key.kid);
    });
    expect(backup).toBeLessThan(lost.sequence);
    await rotateSigningKeys(nodes[1].rotation, 'default', { ...svid, now: true });
    expect((await published()).sequence).toBeGreaterThan(lost.sequence);
  });

  it('SV-20 is not raised by a step that was not taken', async () => {
    const before = await published();
    nodes[0].backend.breakWith(new Error('no keys today'));
    await expect(rotateSigningKeys(nodes[0].rotation, 'default', { ...svid, now: true })).rejects.toThrow(
      'no keys today',
    );
    expect(await published()).toEqual(before);
    nodes[0].backend.breakWith(null);
    await rotateSigningKeys(nodes[0].rotation, 'default', { ...svid, now: true });
    await vi.waitFor(async () => expect((await published()).sequence).toBeGreaterThan(before.sequence));
  });
});
