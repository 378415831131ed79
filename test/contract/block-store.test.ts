import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Block, BlockTarget } from '../../src/core/blocks/block.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleBlock, sampleFederation } from '../support/stored-samples.ts';

const issuer = 'https://issuer.example';
const targets: readonly BlockTarget[] = [
  { kind: 'account', account: 'a' },
  { kind: 'federation', federation: 'a' },
  { kind: 'trusted-issuer', trustedIssuer: 'i1', issuer },
  { kind: 'subject', issuer, subject: `repo:${'x'.repeat(2000)}ß\u2028'"\\` },
  { kind: 'key', issuer, keyId: 'k_1' },
];

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());
  const insert = async (...blocks: readonly Block[]): Promise<void> => {
    for (const block of blocks) await opened.storage.blocks.insert(block);
  };
  const everything = { limit: 200, cursor: null };

  it('gives back exactly what was inserted, by id, by target and in the order of creation', async () => {
    const tenant = 'exact';
    const blocks = targets.map((target) => sampleBlock(target, { tenant }));
    await insert(...blocks);
    for (const block of blocks) {
      expect(await opened.storage.blocks.find(tenant, block.id)).toEqual(block);
      expect(await opened.storage.blocks.findByTarget(tenant, block.target)).toEqual(block);
    }
    expect(await opened.storage.blocks.allOf(tenant)).toEqual(blocks);
    expect((await opened.storage.blocks.list(tenant, {}, everything)).items).toEqual(blocks);
  });

  it('takes each target once in a tenant, of parallel inserts one, and the same in another tenant', async () => {
    for (const target of targets) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 4 }, () => insert(sampleBlock(target, { tenant: 'once' }))),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ what: 'block' });
      await insert(sampleBlock(target, { tenant: 'once-elsewhere' }));
    }
    // The issuer is what counts, not the id under which it was registered at the time.
    const again: BlockTarget = { kind: 'trusted-issuer', trustedIssuer: 'i2', issuer };
    await expect(insert(sampleBlock(again, { tenant: 'once' }))).rejects.toMatchObject({ what: 'block' });
    expect(await opened.storage.blocks.findByTarget('once', again)).not.toBeNull();
  });

  it('A107 is invisible to another tenant, and not removed by it', async () => {
    const block = sampleBlock({ kind: 'account', account: 'hidden' });
    await insert(block);
    expect(await opened.storage.blocks.find('intruder', block.id)).toBeNull();
    expect(await opened.storage.blocks.findByTarget('intruder', block.target)).toBeNull();
    expect(await opened.storage.blocks.allOf('intruder')).toEqual([]);
    expect(await opened.storage.blocks.remove('intruder', block.id, 1)).toBe(false);
    expect(await opened.storage.blocks.find('acme', block.id)).toEqual(block);
  });

  it('A72 is removed once, in the version that is there', async () => {
    const block = sampleBlock({ kind: 'account', account: 'removed' });
    await insert(block);
    expect(await opened.storage.blocks.remove('acme', block.id, 2)).toBe(false);
    expect(await opened.storage.blocks.remove('acme', block.id, 1)).toBe(true);
    expect(await opened.storage.blocks.remove('acme', block.id, 1)).toBe(false);
    expect(await opened.storage.blocks.findByTarget('acme', block.target)).toBeNull();
    await insert(block);
  });

  it('A117 lists by kind and by part of target, name or reason, in any case, taken literally', async () => {
    const tenant = 'filters';
    const blocks = [
      sampleBlock({ kind: 'key', issuer, keyId: 'k_1' }, { tenant, name: 'one', reason: 'Stolen 100%' }),
      sampleBlock({ kind: 'key', issuer, keyId: 'kX1' }, { tenant, name: 'two', reason: 'leaked' }),
      sampleBlock({ kind: 'account', account: 'a' }, { tenant, name: 'Deploy', reason: 'stolen' }),
    ];
    await insert(...blocks);
    const names = async (filter: Parameters<typeof opened.storage.blocks.list>[1]) =>
      (await opened.storage.blocks.list(tenant, filter, everything)).items.map(({ name }) => name);
    expect(await names({ kind: 'key' })).toEqual(['one', 'two']);
    expect(await names({ kind: 'subject' })).toEqual([]);
    expect(await names({ q: 'STOLEN' })).toEqual(['one', 'Deploy']);
    expect(await names({ q: 'k_1' })).toEqual(['one']);
    expect(await names({ q: '0%' })).toEqual(['one']);
    expect(await names({ q: 'dePLOY' })).toEqual(['Deploy']);
    expect(await names({ kind: 'key', q: 'issuer.example' })).toEqual(['one', 'two']);
    expect(await names({ q: 'a\0b' })).toEqual([]);
    const first = await opened.storage.blocks.list(tenant, {}, { limit: 2, cursor: null });
    const rest = await opened.storage.blocks.list(tenant, {}, { limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...rest.items]).toEqual(blocks);
    expect(rest.nextCursor).toBeNull();
  });

  it('A34 what no store can keep is in none', async () => {
    for (const text of ['a\0b', 'a\uD800']) {
      expect(await opened.storage.blocks.find('acme', text)).toBeNull();
      expect(await opened.storage.blocks.find(text, 'a')).toBeNull();
      expect(await opened.storage.blocks.allOf(text)).toEqual([]);
    }
  });

  it('A65 the account of a federation is found by the id of the federation alone', async () => {
    const mine = sampleFederation({ id: 'F-a_1' });
    const account = sampleAccount({ federations: [sampleFederation(), mine] });
    await opened.storage.serviceAccounts.insert(account);
    await opened.storage.serviceAccounts.insert(
      sampleAccount({
        federations: [sampleFederation({ subject: `"id":"${mine.id}"`, id: 'other' })],
      }),
    );
    const find = (tenant: string, id: string) => opened.storage.serviceAccounts.findByFederation(tenant, id);
    expect(await find('acme', mine.id)).toEqual(account);
    for (const id of ['f-a_1', 'F-aX1', 'F-a_', '', '%', '"', account.id, 'a\0'])
      expect([id, await find('acme', id)]).toEqual([id, null]);
    expect(await find('intruder', mine.id)).toBeNull();
  });

  it('accounts are listed by role', async () => {
    const tenant = 'roles';
    for (const role of ['administrator', 'viewer', 'auditor', null] as const)
      await opened.storage.serviceAccounts.insert(sampleAccount({ tenant, role }));
    const { items } = await opened.storage.serviceAccounts.list(
      tenant,
      { role: 'administrator' },
      everything,
    );
    expect(items.map(({ role }) => role)).toEqual(['administrator']);
  });
});
