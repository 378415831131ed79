import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CredentialProvider } from '../../src/core/credential-providers/credential-provider.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import { defaultTenantSettings } from '../../src/core/tenants/tenant.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleTenant } from '../support/stored-samples.ts';
import { sampleProvider } from '../support/svid-samples.ts';

describe.each(storageEngines)('credential providers on $engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  const account = async (tenant = 'acme'): Promise<ServiceAccount> => {
    const made = sampleAccount({ tenant });
    await opened.storage.serviceAccounts.insert(made);
    return made;
  };
  const provider = async (
    accounts: readonly ServiceAccount[] = [],
    changes: Partial<CredentialProvider> = {},
  ): Promise<CredentialProvider> => {
    const made = sampleProvider({
      tenant: 'acme',
      id: randomUUID(),
      name: `provider-${randomUUID()}`,
      serviceAccounts: accounts.map(({ id }) => id),
      ...changes,
    });
    await opened.storage.credentialProviders.insert(made);
    return made;
  };

  it('gives back what was put in, every member and the order of accounts', async () => {
    const accounts = [await account(), await account(), await account()].toReversed();
    const made = await provider(accounts, {
      description: 'Zahlungen €',
      claims: [
        { name: 'text', type: 'literal', value: 'x' },
        { name: 'number', type: 'literal', value: 1.5 },
        { name: 'switch', type: 'literal', value: false },
        { name: 'dynamic', type: 'dynamic', value: '${region}' },
      ],
    });
    expect(await opened.storage.credentialProviders.find('acme', made.id)).toEqual(made);
  });

  it('A107 belongs to its tenant', async () => {
    const made = await provider([await account()]);
    const [bound] = made.serviceAccounts;
    expect(await opened.storage.credentialProviders.find('other', made.id)).toBeNull();
    expect(await opened.storage.credentialProviders.ofAccount('other', bound ?? '')).toEqual([]);
    expect(
      (await opened.storage.credentialProviders.list('other', { limit: 10, cursor: null })).items,
    ).toEqual([]);
    expect(await opened.storage.credentialProviders.remove('other', made.id, 1)).toBe(false);
    expect(await opened.storage.credentialProviders.update({ ...made, tenant: 'other', version: 2 })).toBe(
      false,
    );
    expect(await opened.storage.credentialProviders.find('acme', made.id)).toEqual(made);
  });

  it('is named once in a tenant, also by a change', async () => {
    const first = await provider();
    const second = await provider();
    await expect(provider([], { name: first.name })).rejects.toThrow('credential-provider exists already');
    await expect(
      opened.storage.credentialProviders.update({ ...second, name: first.name, version: 2 }),
    ).rejects.toThrow('credential-provider exists already');
    await provider([], { tenant: 'beta', name: first.name });
  });

  it('A72 changes the version that is meant and no other, with its accounts', async () => {
    const [before, after] = [await account(), await account()];
    const made = await provider([before]);
    const changed = { ...made, audience: 'b', serviceAccounts: [after.id], version: 2 };
    expect(await opened.storage.credentialProviders.update(changed)).toBe(true);
    expect(await opened.storage.credentialProviders.update({ ...changed, audience: 'c' })).toBe(false);
    expect(await opened.storage.credentialProviders.find('acme', made.id)).toEqual(changed);
    expect(await opened.storage.credentialProviders.ofAccount('acme', before.id)).toEqual([]);
    expect(await opened.storage.credentialProviders.ofAccount('acme', after.id)).toEqual([changed]);
    expect(await opened.storage.credentialProviders.remove('acme', made.id, 1)).toBe(false);
    expect(await opened.storage.credentialProviders.remove('acme', made.id, 2)).toBe(true);
    expect(await opened.storage.credentialProviders.ofAccount('acme', after.id)).toEqual([]);
  });

  it('lists by pages, oldest first, and all of one account', async () => {
    const one = await account('pages');
    const made = [];
    for (let count = 0; count < 5; count += 1) made.push(await provider([one], { tenant: 'pages' }));
    const seen = [];
    let cursor: string | null = null;
    do {
      const page: { items: readonly CredentialProvider[]; nextCursor: string | null } =
        await opened.storage.credentialProviders.list('pages', { limit: 2, cursor });
      seen.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(made);
    expect(await opened.storage.credentialProviders.ofAccount('pages', one.id)).toEqual(made);
  });

  it('A73 loses an account that is deleted, and is another version then', async () => {
    const [gone, stays] = [await account(), await account()];
    const both = await provider([gone, stays]);
    const other = await provider([stays]);
    expect(await opened.storage.serviceAccounts.remove('acme', gone.id, 99)).toBe(false);
    expect(await opened.storage.credentialProviders.find('acme', both.id)).toEqual(both);
    expect(await opened.storage.serviceAccounts.remove('acme', gone.id, 1)).toBe(true);
    expect(await opened.storage.credentialProviders.find('acme', both.id)).toEqual({
      ...both,
      serviceAccounts: [stays.id],
      version: 2,
    });
    expect(await opened.storage.credentialProviders.find('acme', other.id)).toEqual(other);
    expect(await opened.storage.credentialProviders.ofAccount('acme', gone.id)).toEqual([]);
  });

  it('is not kept without its accounts: half of it is nothing', async () => {
    const made = sampleProvider({
      tenant: 'acme',
      id: randomUUID(),
      name: 'half',
      serviceAccounts: ['nobody'],
    });
    await expect(opened.storage.credentialProviders.insert(made)).rejects.toThrow();
    expect(await opened.storage.credentialProviders.find('acme', made.id)).toBeNull();
  });

  it.each(['\u0000', '\ud800', ''])('A118 %j is the id of nothing', async (id) => {
    expect(await opened.storage.credentialProviders.find('acme', id)).toBeNull();
    expect(await opened.storage.credentialProviders.ofAccount('acme', id)).toEqual([]);
    expect(await opened.storage.credentialProviders.remove('acme', id, 1)).toBe(false);
  });

  it('A81 two tenants never speak for one trust domain', async () => {
    const speaksFor = (trustDomain: string) =>
      sampleTenant({ settings: { ...defaultTenantSettings, trustDomain } });
    const first = speaksFor('one.example');
    const second = speaksFor('two.example');
    await opened.storage.tenants.insert(first);
    await opened.storage.tenants.insert(second);
    await expect(opened.storage.tenants.insert(speaksFor('one.example'))).rejects.toThrow('exists already');
    await expect(
      opened.storage.tenants.update({
        ...second,
        settings: { ...second.settings, trustDomain: 'one.example' },
        version: 2,
      }),
    ).rejects.toThrow('trust-domain exists');
    expect((await opened.storage.tenants.find(first.name))?.settings.trustDomain).toBe('one.example');
  });
});
