import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleTime } from '../support/stored-samples.ts';

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  it('CA-14 A41 is true the first time and false from then on', async () => {
    const { replayGuard } = opened.storage;
    expect(await replayGuard.consume('acme', 'client', 'first', sampleTime)).toBe(true);
    expect(await replayGuard.consume('acme', 'client', 'first', sampleTime)).toBe(false);
    expect(await replayGuard.consume('acme', 'client', 'second', sampleTime)).toBe(true);
  });

  it('CA-14 of 20 parallel uses exactly one is the first', async () => {
    const uses = await Promise.all(
      Array.from({ length: 20 }, () =>
        opened.storage.replayGuard.consume('acme', 'client', 'race', sampleTime),
      ),
    );
    expect(uses.filter(Boolean)).toHaveLength(1);
  });

  it('CA-14 of 300 different jtis, each used three times at once, each is first once', async () => {
    const jtis = Array.from({ length: 900 }, (_, index) => `many-${index % 300}`);
    const uses = await Promise.all(
      jtis.map(async (jti) => ({
        jti,
        first: await opened.storage.replayGuard.consume('acme', 'client', jti, sampleTime),
      })),
    );
    const firsts = uses.filter((use) => use.first).map((use) => use.jti);
    expect(firsts).toHaveLength(300);
    expect(new Set(firsts).size).toBe(300);
  });

  it('A41 B37 exactly one of two nodes at once is the first, in whatever order they come', async () => {
    const other = await openStorage({ url: opened.url });
    try {
      const jtis = Array.from({ length: 2000 }, (_, index) => `nodes-${index}`);
      const [here, there] = await Promise.all([
        Promise.all(jtis.map((jti) => opened.storage.replayGuard.consume('acme', 'client', jti, sampleTime))),
        Promise.all(
          jtis.toReversed().map((jti) => other.replayGuard.consume('acme', 'client', jti, sampleTime)),
        ),
      ]);
      const accepted = jtis.map((_, index) => Number(here[index]) + Number(there.at(-1 - index)));
      expect(accepted).toEqual(jtis.map(() => 1));
    } finally {
      await other.close();
    }
  });

  it('CA-14 to ask whether a jti was used consumes nothing and knows tenant, party and jti apart', async () => {
    const { replayGuard } = opened.storage;
    expect(await replayGuard.isUsed('acme', 'client', 'asked')).toBe(false);
    expect(await replayGuard.isUsed('acme', 'client', 'asked')).toBe(false);
    expect(await replayGuard.consume('acme', 'client', 'asked', sampleTime)).toBe(true);
    expect(await replayGuard.isUsed('acme', 'client', 'asked')).toBe(true);
    for (const [tenant, party, jti] of [
      ['default', 'client', 'asked'],
      ['acme', 'client-2', 'asked'],
      ['acme', 'client', 'ASKED'],
      ['acmec', 'lient', 'asked'],
    ] as const)
      expect([tenant, await replayGuard.isUsed(tenant, party, jti)]).toEqual([tenant, false]);
    expect(await replayGuard.consume('acme', 'client', 'asked', sampleTime)).toBe(false);
  });

  it.each([
    ['another tenant', ['tenant-2', 'client', 'jti']],
    ['another party', ['tenant', 'client-2', 'jti']],
    ['another boundary between party and jti', ['tenant', 'clientj', 'ti']],
    ['another boundary between tenant and party', ['tenantc', 'lient', 'jti']],
    ['another case', ['tenant', 'client', 'JTI']],
    ['a lone surrogate', ['tenant', 'client', '\uD800']],
    ['another lone surrogate', ['tenant', 'client', '\uD801']],
    ['the replacement character', ['tenant', 'client', '\uFFFD']],
    ['a NUL', ['tenant', 'client', 'jti\0']],
    ['a long one', ['tenant', 'client', 'x'.repeat(100_000)]],
  ] as const)('CA-15 A41 is another use for %s, and once as well', async (_, [tenant, party, jti]) => {
    const { replayGuard } = opened.storage;
    await replayGuard.consume('tenant', 'client', 'jti', sampleTime);
    expect(await replayGuard.consume(tenant, party, jti, sampleTime)).toBe(true);
    expect(await replayGuard.consume(tenant, party, jti, sampleTime)).toBe(false);
  });

  it('a use whose end is no time is refused alone', async () => {
    const { replayGuard } = opened.storage;
    const uses = await Promise.allSettled([
      replayGuard.consume('acme', 'client', 'good-1', sampleTime),
      replayGuard.consume('acme', 'client', 'bad', Number.NaN),
      replayGuard.consume('acme', 'client', 'good-2', sampleTime + 0.5),
    ]);
    expect(uses.map((use) => use.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('B04 B39 remembers across a restart', async () => {
    const place = await createPlace();
    const before = await openStorage({ url: place.url });
    await before.replayGuard.consume('acme', 'client', 'kept', sampleTime);
    await before.close();
    const after = await openStorage({ url: place.url });
    expect(await after.replayGuard.consume('acme', 'client', 'kept', sampleTime)).toBe(false);
    await after.close();
    await place.remove();
  });

  it('forgets what is over, at most so many at once, and nothing that is not', async () => {
    const place = await openInEmptyPlace(createPlace);
    const { replayGuard } = place.storage;
    for (const [jti, until] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ] as const) {
      await replayGuard.consume('acme', 'client', jti, until);
    }
    expect(await replayGuard.forgetBefore(4, 2)).toBe(2);
    expect(await replayGuard.forgetBefore(4, 10)).toBe(1);
    expect(await replayGuard.forgetBefore(4, 10)).toBe(0);
    expect(await replayGuard.consume('acme', 'client', 'd', 4)).toBe(false);
    expect(await replayGuard.consume('acme', 'client', 'a', 9)).toBe(true);
    await place.remove();
  });
});
