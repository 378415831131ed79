import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { createTrailVerifier } from '../../src/admin/verify-trail.ts';
import type { ActivityEntry } from '../../src/ports/activity-store.ts';
import type { SingleUse } from '../../src/ports/replay-guard.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity, sampleTime } from '../support/stored-samples.ts';
import { createTestSeals, type TestSeals } from '../support/trail-seals.ts';

const use = (jti: string, party = 'client'): SingleUse => ({ party, jti, until: sampleTime });
const entry = (tenant: string, ...jtis: readonly string[]): ActivityEntry => ({
  activity: sampleActivity({ tenant }),
  uses: jtis.map((jti) => use(jti)),
});

describe.each(storageEngines)('$engine: activities that use something up', ({ createPlace }) => {
  let opened: OpenedStorage;
  let seals: TestSeals;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
    seals = await createTestSeals();
  });
  afterAll(() => opened.remove());

  const appendOnce = (...entries: readonly ActivityEntry[]) => opened.storage.activities.appendOnce(entries);
  const isUsed = (tenant: string, jti: string) => opened.storage.replayGuard.isUsed(tenant, 'client', jti);
  const isKept = async ({ activity: { tenant, id } }: ActivityEntry, storage: Storage = opened.storage) =>
    (await storage.activities.find(tenant, id)) !== null;
  /** A tenant whose chain has begun is written to in another way than one without. */
  const begin = (tenant: string) => appendOnce(entry(tenant));
  const expectTrail = async (tenant: string, checked: number) =>
    expect(await createTrailVerifier({ storage: opened.storage, seals })(tenant)).toMatchObject({
      ok: true,
      checked,
      faults: [],
    });

  describe.each([
    ['in a chain that begins with them', () => Promise.resolve()],
    ['in a chain that has begun', begin],
  ] as const)('%s', (kind, prepare) => {
    const tenantOf = (name: string): string => `${name}-${kind === 'in a chain that has begun' ? 'b' : 'a'}`;
    const linesBefore = kind === 'in a chain that has begun' ? 1 : 0;

    it('CA-14 A41 one is kept with its use, and the next one with that use is not', async () => {
      const tenant = tenantOf('once');
      await prepare(tenant);
      const [first, second] = [entry(tenant, 'a'), entry(tenant, 'a')];
      expect([await appendOnce(first), await isUsed(tenant, 'a')]).toEqual([[null], true]);
      expect(await appendOnce(second)).toEqual([0]);
      expect([await isKept(first), await isKept(second)]).toEqual([true, false]);
      await expectTrail(tenant, linesBefore + 1);
    });

    it('CA-14 of two in one batch the first is kept, and what stands beside them is', async () => {
      const tenant = tenantOf('batch');
      await prepare(tenant);
      const batch = [
        entry(tenant),
        entry(tenant, 'a'),
        entry(tenant, 'a'),
        entry(tenant, 'b'),
        entry(tenant),
      ];
      expect(await appendOnce(...batch)).toEqual([null, null, 0, null, null]);
      expect(await Promise.all(batch.map((each) => isKept(each)))).toEqual([true, true, false, true, true]);
      await expectTrail(tenant, linesBefore + 4);
      const more = [entry(tenant, 'b'), entry(tenant, 'c'), entry(tenant), entry(tenant, 'a')];
      expect(await appendOnce(...more)).toEqual([0, null, null, 0]);
      expect(await Promise.all(more.map((each) => isKept(each)))).toEqual([false, true, true, false]);
      expect(await appendOnce(entry(tenant, 'c'), entry(tenant, 'b'))).toEqual([0, 0]);
      await expectTrail(tenant, linesBefore + 6);
    });

    it('CA-14 one of which one use is spent uses up nothing, and the place of that use is told', async () => {
      const tenant = tenantOf('two');
      await prepare(tenant);
      expect(await opened.storage.replayGuard.consume(tenant, 'client', 'spent', sampleTime)).toBe(true);
      expect(await appendOnce(entry(tenant, 'good', 'spent'), entry(tenant, 'twice', 'twice'))).toEqual([
        1, 1,
      ]);
      expect([await isUsed(tenant, 'good'), await isUsed(tenant, 'twice')]).toEqual([false, false]);
      expect(
        await appendOnce(entry(tenant, 'spent', 'good'), entry(tenant, 'good'), entry(tenant, 'twice')),
      ).toEqual([0, null, null]);
      await expectTrail(tenant, linesBefore + 2);
    });
  });

  it('CA-15 A41 one jti of two tenants or two parties is two uses', async () => {
    const same = { activity: sampleActivity({ tenant: 'left' }), uses: [use('a', 'another')] };
    expect(await appendOnce(entry('left', 'a'), entry('right', 'a'), same)).toEqual([null, null, null]);
    expect(await appendOnce(entry('left', 'a'), entry('right', 'a'))).toEqual([0, 0]);
  });

  it('CA-14 what the replay guard noted counts, and what came with an activity counts for it', async () => {
    const { replayGuard } = opened.storage;
    expect(await replayGuard.consume('guard', 'client', 'a', sampleTime)).toBe(true);
    expect(await appendOnce(entry('guard', 'a'), entry('guard', 'b'))).toEqual([0, null]);
    expect(await replayGuard.consume('guard', 'client', 'b', sampleTime)).toBe(false);
  });

  it('a use whose end is no time keeps nothing of a batch', async () => {
    const bad = { activity: sampleActivity({ tenant: 'bad' }), uses: [{ ...use('b'), until: Number.NaN }] };
    await expect(appendOnce(entry('bad', 'a'), bad)).rejects.toThrow(RangeError);
    expect(await isUsed('bad', 'a')).toBe(false);
  });

  it('§7 in a transaction that is given up neither is there', async () => {
    await begin('given-up');
    const line = entry('given-up', 'a');
    await expect(
      opened.storage.transaction(async (stores) => {
        expect(await stores.activities.appendOnce([line])).toEqual([null]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect([await isKept(line), await isUsed('given-up', 'a')]).toEqual([false, false]);
    expect(await appendOnce(line)).toEqual([null]);
  });

  it('A41 B37 of three nodes at once, in whatever order they come, one keeps each, and its line with it', async () => {
    const nodes = [
      opened.storage,
      await openStorage({ url: opened.url }),
      await openStorage({ url: opened.url }),
    ];
    try {
      const jtis = Array.from({ length: 600 }, (_, index) => `nodes-${index}`);
      const kept = new Map<string, number>();
      const lines: (readonly [ActivityEntry, boolean])[] = [];
      await Promise.all(
        nodes.map(async (node, place) => {
          const mine = place === 1 ? jtis.toReversed() : jtis;
          for (let start = 0; start < mine.length; start += 40) {
            const batch = mine.slice(start, start + 40).map((jti) => entry('nodes', jti));
            const answers = await node.activities.appendOnce(batch);
            for (const [index, each] of batch.entries()) {
              const isFirst = answers[index] === null;
              const jti = each.uses[0]?.jti ?? '';
              kept.set(jti, (kept.get(jti) ?? 0) + Number(isFirst));
              lines.push([each, isFirst]);
            }
          }
        }),
      );
      expect(jtis.filter((jti) => kept.get(jti) !== 1)).toEqual([]);
      const wrong: string[] = [];
      for (const [line, isFirst] of lines) if ((await isKept(line)) !== isFirst) wrong.push(line.activity.id);
      expect(wrong).toEqual([]);
      await expectTrail('nodes', jtis.length);
    } finally {
      await Promise.all(nodes.slice(1).map((node) => node.close()));
    }
  }, 60_000);

  it('B04 B39 is remembered across a restart', async () => {
    const place = await createPlace();
    const before = await openStorage({ url: place.url });
    const line = entry('acme', 'kept');
    expect(await before.activities.appendOnce([line])).toEqual([null]);
    await before.close();
    const after = await openStorage({ url: place.url });
    expect(await after.activities.appendOnce([entry('acme', 'kept')])).toEqual([0]);
    expect(await isKept(line, after)).toBe(true);
    await after.close();
    await place.remove();
  });
});
