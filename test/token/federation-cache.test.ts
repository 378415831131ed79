import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import { type Blocks, buildBlocks } from '../../src/core/blocks/blocks.ts';
import type { FederationGroup } from '../../src/core/trust/federation-group.ts';
import {
  type CacheLimits,
  createFederationCache,
  defaultCacheLimits,
  type FederationCache,
} from '../../src/token/federation-cache.ts';
import { federation, registered, serviceAccount } from '../support/registered.ts';

const group = (text: string): FederationGroup => ({
  tenant: 'default',
  issuer: registered.issuer,
  kind: 'subject',
  text,
});

/** As long as those of a platform are, with letters beyond ASCII in every tenth. */
const holderOf = (subject: string, number = 0): ServiceAccount =>
  serviceAccount({
    id: `account-${subject}`,
    name: `account ${subject}`,
    description: `Deploys what ${subject} is about${number % 10 === 0 ? ', naïvely' : ''}.`,
    federations: [federation({ id: `federation-${subject}`, issuer: registered.issuer, subject })],
  });

describe('createFederationCache', () => {
  let asked: string[];
  let held: (text: string) => readonly ServiceAccount[];
  let blocks: Promise<Blocks>;
  let generation: number;

  beforeEach(() => {
    asked = [];
    held = (text) => [holderOf(text)];
    blocks = Promise.resolve(buildBlocks([]));
    generation = 0;
  });
  const open = (limits: CacheLimits = defaultCacheLimits): FederationCache =>
    createFederationCache(
      {
        findByGroups: async (groups) => {
          asked.push(...groups.map(({ text }) => text));
          return groups.map(({ text }) => held(text));
        },
      },
      { generationOf: () => generation, blocks: () => blocks, limits, schedule: setImmediate },
    );
  const accountsOf = async (cache: FederationCache, text: string): Promise<readonly ServiceAccount[]> =>
    (await cache.find([group(text)])).flat(2).map(({ account }) => account);

  it('what was read twice is not read again, and is the same each time', async () => {
    const cache = open();
    const first = await accountsOf(cache, 'job:é');
    expect(first).toEqual([holderOf('job:é')]);
    expect(await accountsOf(cache, 'job:é')).toEqual(first);
    expect(await accountsOf(cache, 'job:é')).toEqual(first);
    const fourth = await accountsOf(cache, 'job:é');
    expect(fourth).toEqual(first);
    // Ready by now: not made once more.
    expect((await accountsOf(cache, 'job:é'))[0]).toBe(fourth[0]);
    expect(asked).toEqual(['job:é', 'job:é']);
  });

  it('of what was read once nothing is kept, and that a group is empty is', async () => {
    const cache = open();
    held = (text) => (text === 'job:none' ? [] : [holderOf(text)]);
    for (const text of ['job:none', 'job:1', 'job:none', 'job:1']) await accountsOf(cache, text);
    expect(asked).toEqual(['job:none', 'job:1', 'job:1']);
  });

  it('several groups are read together, and each is what it is', async () => {
    const cache = open();
    const groups = ['job:1', 'job:2', 'job:3'].map(group);
    for (let time = 0; time < 4; time += 1) {
      const found = await cache.find([...groups.slice(time), ...groups]);
      expect(found.map((candidates) => candidates.flat()[0]?.federation.subject)).toEqual(
        [...groups.slice(time), ...groups].map(({ text }) => text),
      );
    }
    expect(asked.toSorted()).toEqual(['job:1', 'job:1', 'job:2', 'job:2', 'job:3', 'job:3']);
  });

  it.each<[string, (cache: FederationCache) => void]>([
    ['by itself', (cache) => cache.forget(group('job:1'))],
    ['with its tenant', () => (generation += 1)],
  ])('A66 what is forgotten %s while it is made ready is not kept', async (_title, forget) => {
    const cache = open();
    for (let time = 0; time < 2; time += 1) await accountsOf(cache, 'job:1');
    const gate = Promise.withResolvers<Blocks>();
    const blocksBefore = blocks;
    blocks = gate.promise;
    const before = accountsOf(cache, 'job:1');
    forget(cache);
    held = () => [];
    gate.resolve(await blocksBefore);
    expect(await before).toHaveLength(1);
    expect(await accountsOf(cache, 'job:1')).toEqual([]);
    expect(asked).toEqual(['job:1', 'job:1', 'job:1']);
  });

  it('A66 what is ready is forgotten as well', async () => {
    const cache = open();
    for (let time = 0; time < 4; time += 1) await accountsOf(cache, 'job:1');
    held = () => [];
    cache.forget(group('job:1'));
    expect(await accountsOf(cache, 'job:1')).toEqual([]);
  });

  it('many that are asked for once push out nothing that is asked for again and again', async () => {
    const cache = open({ textBytes: 40_000, readyBytes: 40_000, absentBytes: 4000 });
    for (let time = 0; time < 3; time += 1) await accountsOf(cache, 'job:busy');
    for (let index = 0; index < 500; index += 1) {
      await accountsOf(cache, `job:${index}`);
      if (index % 10 === 0) await accountsOf(cache, 'job:busy');
    }
    expect(asked.filter((text) => text === 'job:busy')).toHaveLength(2);
    expect(asked).toHaveLength(502);
  });

  it.each<[string, number, keyof CacheLimits]>([
    ['twice', 2, 'textBytes'],
    ['three times', 3, 'readyBytes'],
  ])('keeps no more memory than its limit of what is asked for %s', async (_title, times, limit) => {
    const caches = times - 1;
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const limits = { textBytes: 1000, readyBytes: 1000, absentBytes: 1000 };
    const bytes = 4 * 1024 * 1024;
    const cache = open({ ...limits, ...(caches > 1 ? { textBytes: bytes } : {}), [limit]: bytes });
    held = (text) => [holderOf(text, Number(text.slice(4)))];
    const ask = async (from: number, to: number): Promise<void> => {
      for (let index = from; index < to; index += 1)
        for (let time = 0; time < times; time += 1) await accountsOf(cache, `job:${index}`);
      asked = [];
    };
    await ask(0, 100);
    const before = used();
    await ask(100, 12_000);
    const grown = used() - before;
    expect(grown).toBeGreaterThan(0.25 * bytes * caches);
    expect(grown).toBeLessThan(1.2 * bytes * caches);
    await accountsOf(cache, 'job:1');
    expect(asked).toEqual(['job:1']);
  });
});
