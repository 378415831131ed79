import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Federation } from '../../src/core/trust/federation.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleAccountKey, sampleFederation } from '../support/stored-samples.ts';

const everything = { limit: 200, cursor: null };

/** Each pair says what must not make a federation another one, and what must. */
const same: readonly [string, (federation: Federation) => Federation][] = [
  ['the very same', (federation) => federation],
  ['its conditions in another order', (f) => ({ ...f, conditions: f.conditions.toReversed() })],
  [
    'its alternatives in another order',
    (f) => ({
      ...f,
      conditions: f.conditions.map((condition) =>
        'oneOf' in condition ? { ...condition, oneOf: condition.oneOf.toReversed() } : condition,
      ),
    }),
  ],
  [
    'its members in another order',
    (f) => ({
      ...f,
      conditions: f.conditions.map(
        (condition) => Object.fromEntries(Object.entries(condition).toReversed()) as typeof condition,
      ),
    }),
  ],
  ['further audiences allowed', (f) => ({ ...f, allowAdditionalAudiences: true })],
];
const different: readonly [string, (federation: Federation) => Federation][] = [
  ['another issuer', (f) => ({ ...f, issuer: 'https://other.example' })],
  ['another case of the issuer', (f) => ({ ...f, issuer: 'https://ISSUER.example' })],
  ['another subject', (f) => ({ ...f, subject: `${f.subject}x` })],
  ['the subject as a pattern', (f) => ({ ...f, subject: null, subjectPattern: f.subject })],
  ['another audience', (f) => ({ ...f, audience: 'https://sts.example/' })],
  ['no conditions', (f) => ({ ...f, conditions: [] })],
  [
    'a value of another type',
    (f) => ({ ...f, conditions: [{ claim: 'repository_owner_id', equals: 8675309 }] }),
  ],
  ['an expression', (f) => ({ ...f, cel: 'true' })],
];

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  describe('federations', () => {
    it.each(same)('A43 refuses the same one in another account of the tenant: %s', async (_, change) => {
      const federation = sampleFederation();
      await opened.storage.serviceAccounts.insert(sampleAccount({ federations: [federation] }));
      const second = sampleAccount({ federations: [sampleFederation(), change(federation)] });
      await expect(opened.storage.serviceAccounts.insert(second)).rejects.toMatchObject({
        name: 'UniqueViolation',
        what: 'federation',
      });
      expect(await opened.storage.serviceAccounts.find('acme', second.id)).toBeNull();
      await opened.storage.serviceAccounts.insert({ ...second, tenant: 'other' });
    });

    it.each(different)('A43 takes a different one: %s', async (_, change) => {
      const federation = sampleFederation({
        conditions: [{ claim: 'repository_owner_id', equals: '8675309' }],
      });
      await opened.storage.serviceAccounts.insert(sampleAccount({ federations: [federation] }));
      const second = sampleAccount({ federations: [change(federation)] });
      await opened.storage.serviceAccounts.insert(second);
      expect(await opened.storage.serviceAccounts.find('acme', second.id)).toEqual(second);
    });

    it('A43 refuses the same one twice in one account', async () => {
      const federation = sampleFederation();
      await expect(
        opened.storage.serviceAccounts.insert(
          sampleAccount({ federations: [federation, { ...federation, id: 'again' }] }),
        ),
      ).rejects.toMatchObject({ what: 'federation' });
    });

    it('A43 of ten accounts that register the same one at once exactly one wins', async () => {
      const federation = sampleFederation();
      const accounts = Array.from({ length: 10 }, () => sampleAccount({ federations: [federation] }));
      const outcomes = await Promise.allSettled(
        accounts.map((account) => opened.storage.serviceAccounts.insert(account)),
      );
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toMatchObject({ name: 'UniqueViolation', what: 'federation' });
        }
      }
      const kept = await opened.storage.serviceAccounts.findByIssuer('acme', federation.issuer);
      expect(kept.filter((account) => account.federations[0]?.subject === federation.subject)).toHaveLength(
        1,
      );
    });

    it('A43 an update cannot take what another account holds, and then changes nothing', async () => {
      const [federation, own] = [sampleFederation(), sampleFederation()];
      await opened.storage.serviceAccounts.insert(sampleAccount({ federations: [federation] }));
      const account = sampleAccount({ federations: [own] });
      await opened.storage.serviceAccounts.insert(account);
      await expect(
        opened.storage.serviceAccounts.update({ ...account, version: 2, federations: [federation] }),
      ).rejects.toMatchObject({ what: 'federation' });
      expect(await opened.storage.serviceAccounts.find('acme', account.id)).toEqual(account);
      await expect(
        opened.storage.serviceAccounts.insert(sampleAccount({ federations: [own] })),
      ).rejects.toMatchObject({ what: 'federation' });
    });

    it('an update may keep them, and sets free what it drops', async () => {
      const [kept, dropped] = [sampleFederation(), sampleFederation()];
      const account = sampleAccount({ federations: [kept, dropped] });
      await opened.storage.serviceAccounts.insert(account);
      expect(
        await opened.storage.serviceAccounts.update({ ...account, version: 2, federations: [kept] }),
      ).toBe(true);
      await opened.storage.serviceAccounts.insert(sampleAccount({ federations: [dropped] }));
      expect(
        await opened.storage.serviceAccounts.update({ ...account, version: 2, federations: [dropped] }),
      ).toBe(false);
    });

    it('A73 removing the account sets its federations free and takes its keys along', async () => {
      const account = sampleAccount({ federations: [sampleFederation()] });
      await opened.storage.serviceAccounts.insert(account);
      await opened.storage.accountKeys.insert(sampleAccountKey(account));
      expect(await opened.storage.serviceAccounts.remove('acme', account.id, 1)).toBe(true);
      expect(await opened.storage.accountKeys.listOf('acme', account.id)).toEqual([]);
      await opened.storage.serviceAccounts.insert(sampleAccount({ federations: account.federations }));
    });

    it('finds every account of an issuer, whatever its status, whole, and byte for byte', async () => {
      const issuer = 'https://found.example';
      const accounts = [
        sampleAccount({ federations: [sampleFederation({ issuer }), sampleFederation()] }),
        sampleAccount({ federations: [sampleFederation({ issuer })], status: 'disabled' }),
      ];
      const others = [
        sampleAccount({ tenant: 'other', federations: [sampleFederation({ issuer })] }),
        sampleAccount({ federations: [sampleFederation({ issuer: `${issuer}/` })] }),
        sampleAccount({ federations: [sampleFederation({ issuer: 'https://FOUND.example' })] }),
      ];
      for (const account of [...accounts, ...others]) {
        await opened.storage.serviceAccounts.insert(account);
      }
      expect(await opened.storage.serviceAccounts.findByIssuer('acme', issuer)).toEqual(accounts);
      expect(await opened.storage.serviceAccounts.findByIssuer('acme', `${issuer}\0`)).toEqual([]);
    });

    it('holds a federation whose texts exceed what an index holds', async () => {
      const federation = sampleFederation({ subject: 'é'.repeat(4000), cel: 'x'.repeat(8000) });
      const account = sampleAccount({ federations: [federation] });
      await opened.storage.serviceAccounts.insert(account);
      expect(await opened.storage.serviceAccounts.find('acme', account.id)).toEqual(account);
    });
  });

  describe('names', () => {
    it('a rename to a name that is taken is a unique violation and changes nothing', async () => {
      const [taken, mine] = [sampleAccount(), sampleAccount()];
      await opened.storage.serviceAccounts.insert(taken);
      await opened.storage.serviceAccounts.insert(mine);
      const renamed = { ...mine, version: 2, name: taken.name };
      await expect(opened.storage.serviceAccounts.update(renamed)).rejects.toMatchObject({
        what: 'service-account',
      });
      await opened.storage.transaction(async (stores) => {
        await expect(stores.serviceAccounts.update(renamed)).rejects.toMatchObject({
          what: 'service-account',
        });
        expect(await stores.serviceAccounts.update({ ...mine, version: 2, name: `${mine.name}-b` })).toBe(
          true,
        );
      });
    });

    it('A73 a name is free again after removal', async () => {
      const first = sampleAccount();
      await opened.storage.serviceAccounts.insert(first);
      await opened.storage.serviceAccounts.remove('acme', first.id, 1);
      await opened.storage.serviceAccounts.insert(sampleAccount({ name: first.name }));
      expect(await opened.storage.serviceAccounts.find('acme', first.id)).toBeNull();
    });
  });

  describe('filters', () => {
    const tenant = 'filters';
    const accounts = [
      sampleAccount({ tenant, name: 'alpha', description: '100% sure', owningTeam: 'red' }),
      sampleAccount({ tenant, name: 'beta_one', description: 'Ärger', useCase: 'issuer', owningTeam: 'red' }),
      sampleAccount({ tenant, name: 'betaXone', description: 'C:\\path', status: 'disabled' }),
      sampleAccount({ tenant, name: 'GAMMA', description: "it's" }),
    ];
    beforeAll(async () => {
      for (const account of accounts) {
        await opened.storage.serviceAccounts.insert(account);
      }
    });

    it.each([
      [{ team: 'red' }, ['alpha', 'beta_one']],
      [{ team: 'RED' }, []],
      [{ useCase: 'issuer' }, ['beta_one']],
      [{ status: 'disabled' }, ['betaXone']],
      [{ team: 'red', useCase: 'issuer', status: 'enabled' }, ['beta_one']],
      [{ team: 'red', status: 'disabled' }, []],
      [{ q: 'ALPH' }, ['alpha']],
      [{ q: 'gamma' }, ['GAMMA']],
      [{ q: 'ärger' }, ['beta_one']],
      [{ q: 'ÄRGER' }, ['beta_one']],
      [{ q: 'arger' }, []],
      [{ q: '%' }, ['alpha']],
      [{ q: '_' }, ['beta_one']],
      [{ q: '\\' }, ['betaXone']],
      [{ q: "'" }, ['GAMMA']],
      [{ q: '"; --' }, []],
      [{ q: 'a\0' }, []],
      [{ q: '\uDC00' }, []],
      [{ q: 'alpha 100' }, []],
      [{ q: 'x'.repeat(200_000) }, []],
      [{ q: '' }, ['alpha', 'beta_one', 'betaXone', 'GAMMA']],
    ] as const)('A117 %j finds literally what holds it', async (filter, names) => {
      const { items } = await opened.storage.serviceAccounts.list(tenant, filter, everything);
      expect(items.map((account) => account.name)).toEqual(names);
    });

    it('pages within a filter', async () => {
      const first = await opened.storage.serviceAccounts.list(tenant, { q: 'a' }, { limit: 3, cursor: null });
      const rest = await opened.storage.serviceAccounts.list(
        tenant,
        { q: 'a' },
        { limit: 3, cursor: first.nextCursor },
      );
      expect([...first.items, ...rest.items].map((account) => account.name)).toEqual([
        'alpha',
        'beta_one',
        'betaXone',
        'GAMMA',
      ]);
    });
  });

  it('counts enabled administrators of the tenant only', async () => {
    const tenant = 'administrators';
    const { serviceAccounts } = opened.storage;
    expect(await serviceAccounts.countOtherAdministrators(tenant, '', null)).toBe(0);
    const administrator = sampleAccount({ tenant, role: 'administrator' });
    await serviceAccounts.insert(administrator);
    await serviceAccounts.insert(sampleAccount({ tenant, role: 'administrator' }));
    await serviceAccounts.insert(sampleAccount({ tenant, role: 'administrator', status: 'disabled' }));
    await serviceAccounts.insert(sampleAccount({ tenant, role: 'viewer' }));
    await serviceAccounts.insert(sampleAccount({ tenant }));
    await serviceAccounts.insert(sampleAccount({ tenant: 'other', role: 'administrator' }));
    expect(await serviceAccounts.countOtherAdministrators(tenant, '', null)).toBe(2);
    await serviceAccounts.update({ ...administrator, status: 'disabled', version: 2 });
    expect(await serviceAccounts.countOtherAdministrators(tenant, '', null)).toBe(1);
  });

  it('knows which team and use case are in use, and which scopes', async () => {
    const tenant = 'in-use';
    await opened.storage.serviceAccounts.insert(
      sampleAccount({ tenant, owningTeam: 'blue', useCase: 'reader', scopes: ['b', 'a'] }),
    );
    await opened.storage.serviceAccounts.insert(
      sampleAccount({ tenant, owningTeam: 'blue', useCase: 'reader', scopes: ['c', 'a'] }),
    );
    const { teams, useCases } = opened.storage;
    expect([await teams.inUse(tenant, 'blue'), await teams.inUse(tenant, 'green')]).toEqual([true, false]);
    expect([await useCases.inUse(tenant, 'reader'), await useCases.inUse(tenant, 'x')]).toEqual([
      true,
      false,
    ]);
    expect([await teams.inUse('other', 'blue'), await useCases.inUse('other', 'reader')]).toEqual([
      false,
      false,
    ]);
    expect(await useCases.scopesInUse(tenant, 'reader')).toEqual(['a', 'b', 'c']);
    expect(await useCases.scopesInUse('other', 'reader')).toEqual([]);
  });

  describe('account keys', () => {
    it('lists the keys of one account, oldest first', async () => {
      const [account, neighbour] = [sampleAccount(), sampleAccount()];
      await opened.storage.serviceAccounts.insert(account);
      await opened.storage.serviceAccounts.insert(neighbour);
      const keys = [sampleAccountKey(account), sampleAccountKey(account, { expiresAt: null })];
      for (const key of [...keys, sampleAccountKey(neighbour)]) {
        await opened.storage.accountKeys.insert(key);
      }
      expect(await opened.storage.accountKeys.listOf('acme', account.id)).toEqual(keys);
      expect(await opened.storage.accountKeys.listOf('other', account.id)).toEqual([]);
    });

    it('takes a key once per account', async () => {
      const [account, neighbour] = [sampleAccount(), sampleAccount()];
      await opened.storage.serviceAccounts.insert(account);
      await opened.storage.serviceAccounts.insert(neighbour);
      const key = sampleAccountKey(account);
      await opened.storage.accountKeys.insert(key);
      await expect(opened.storage.accountKeys.insert({ ...key, id: 'another' })).rejects.toMatchObject({
        what: 'account-key',
      });
      await opened.storage.accountKeys.insert({ ...key, id: 'third', accountId: neighbour.id });
    });

    it('refuses a key of an account that is not there', async () => {
      await expect(opened.storage.accountKeys.insert(sampleAccountKey(sampleAccount()))).rejects.toThrow(
        /foreign key/i,
      );
    });
  });
});
