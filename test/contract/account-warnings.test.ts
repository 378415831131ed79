import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistrationWarning } from '../../src/core/trust/lint/warning.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleFederation } from '../support/stored-samples.ts';

describe.each(storageEngines)('what lint found in an account, on $engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  const warnings: readonly RegistrationWarning[] = [
    { code: 'recycled_name', path: '/federations/0/subject', message: 'Names of owners … "can" be taken.' },
  ];

  it('is kept with the account, none apart from never looked for', async () => {
    const { serviceAccounts } = opened.storage;
    const linted = sampleAccount({ warnings });
    const clean = sampleAccount({ warnings: [] });
    const old = sampleAccount();
    for (const account of [linted, clean, old]) {
      await serviceAccounts.insert(account);
      expect(await serviceAccounts.find('acme', account.id)).toEqual(account);
    }
    expect(await serviceAccounts.update({ ...old, warnings, version: 2 })).toBe(true);
    expect((await serviceAccounts.find('acme', old.id))?.warnings).toEqual(warnings);
    expect(await serviceAccounts.update({ ...linted, warnings: [], version: 2 })).toBe(true);
    expect((await serviceAccounts.find('acme', linted.id))?.warnings).toEqual([]);
  });

  it('accounts of one issuer are found all, oldest first, or the newest alone', async () => {
    const { serviceAccounts } = opened.storage;
    const issuer = 'https://many.example';
    const names = ['one', 'two', 'three'];
    for (const name of names)
      await serviceAccounts.insert(sampleAccount({ name, federations: [sampleFederation({ issuer })] }));
    const find = async (newest: number) =>
      (await serviceAccounts.findByIssuer('acme', issuer, newest)).map(({ name }) => name);
    expect(await find(2)).toEqual(['three', 'two']);
    expect(await find(10)).toEqual(['three', 'two', 'one']);
  });
});
