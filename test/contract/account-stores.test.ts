import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountKey } from '../../src/core/accounts/account-key.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { Federation } from '../../src/core/trust/federation.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleAccountKey, sampleFederation, sampleTime } from '../support/stored-samples.ts';
import { countAdministrators } from '../support/count-administrators.ts';

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
      const kept = await opened.storage.serviceAccounts.findByIssuer('acme', federation.issuer, 1000);
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
      expect(await opened.storage.serviceAccounts.findByIssuer('acme', issuer, 1000)).toEqual(
        accounts.toReversed(),
      );
      expect(await opened.storage.serviceAccounts.findByIssuer('acme', `${issuer}\0`, 1000)).toEqual([]);
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
    expect(await countAdministrators(opened.storage, tenant)).toBe(0);
    const administrator = sampleAccount({ tenant, role: 'administrator' });
    await serviceAccounts.insert(administrator);
    await serviceAccounts.insert(sampleAccount({ tenant, role: 'administrator' }));
    await serviceAccounts.insert(sampleAccount({ tenant, role: 'administrator', status: 'disabled' }));
    await serviceAccounts.insert(sampleAccount({ tenant, role: 'viewer' }));
    await serviceAccounts.insert(sampleAccount({ tenant }));
    await serviceAccounts.insert(sampleAccount({ tenant: 'other', role: 'administrator' }));
    expect(await countAdministrators(opened.storage, tenant)).toBe(2);
    await serviceAccounts.update({ ...administrator, status: 'disabled', version: 2 });
    expect(await countAdministrators(opened.storage, tenant)).toBe(1);
  });

  describe('other administrators who can sign in', () => {
    const now = sampleTime;
    const good = { status: 'enabled', expiresAt: null } as const;
    interface Candidate {
      readonly account?: Partial<ServiceAccount>;
      readonly keys?: readonly Partial<AccountKey>[];
      readonly existing: 0 | 1;
      readonly able: 0 | 1;
    }
    const federations = (): ServiceAccount['federations'] => [sampleFederation()];
    const table: readonly (readonly [string, Candidate])[] = [
      ['without a way in', { existing: 1, able: 0 }],
      ['with a key', { keys: [good], existing: 1, able: 1 }],
      ['with a key that ends later', { keys: [{ ...good, expiresAt: now + 1 }], existing: 1, able: 1 }],
      ['with a key that ends now', { keys: [{ ...good, expiresAt: now }], existing: 1, able: 0 }],
      ['with a key that ended', { keys: [{ ...good, expiresAt: now - 1 }], existing: 1, able: 0 }],
      ['with a disabled key', { keys: [{ ...good, status: 'disabled' }], existing: 1, able: 0 }],
      [
        'with a disabled and an ended key',
        {
          keys: [
            { status: 'disabled', expiresAt: null },
            { ...good, expiresAt: now - 1 },
          ],
          existing: 1,
          able: 0,
        },
      ],
      [
        'with a good key among bad ones',
        {
          keys: [{ ...good, status: 'disabled' }, good, { ...good, expiresAt: now - 1 }],
          existing: 1,
          able: 1,
        },
      ],
      ['with two good keys, counted once', { keys: [good, good], existing: 1, able: 1 }],
      ['with a federation', { account: { federations: federations() }, existing: 1, able: 1 }],
      [
        'with a federation and a disabled key',
        { account: { federations: federations() }, keys: [{ status: 'disabled' }], existing: 1, able: 1 },
      ],
      ['disabled, with a key', { account: { status: 'disabled' }, keys: [good], existing: 0, able: 0 }],
      ['a viewer with a key', { account: { role: 'viewer' }, keys: [good], existing: 0, able: 0 }],
      ['an auditor with a key', { account: { role: 'auditor' }, keys: [good], existing: 0, able: 0 }],
      ['without a role, with a key', { account: { role: null }, keys: [good], existing: 0, able: 0 }],
    ];

    const insert = async (tenant: string, { account, keys = [] }: Candidate): Promise<ServiceAccount> => {
      const made = sampleAccount({ tenant, role: 'administrator', ...account });
      await opened.storage.serviceAccounts.insert(made);
      for (const key of keys) await opened.storage.accountKeys.insert(sampleAccountKey(made, key));
      return made;
    };

    it.each(table)('%s', async (name, candidate) => {
      const tenant = `able-${name}`;
      const made = await insert(tenant, candidate);
      // A good one elsewhere counts for nothing here.
      await insert('able-elsewhere', { keys: [good], existing: 1, able: 1 });
      const counts = async (exceptId: string): Promise<readonly number[]> => [
        await countAdministrators(opened.storage, tenant, null, exceptId),
        await countAdministrators(opened.storage, tenant, now, exceptId),
      ];
      expect(await counts('')).toEqual([candidate.existing, candidate.able]);
      expect(await counts(made.id)).toEqual([0, 0]);
      await insert(tenant, { keys: [good], existing: 1, able: 1 });
      expect(await counts('')).toEqual([candidate.existing + 1, candidate.able + 1]);
      expect(await counts(made.id)).toEqual([1, 1]);
    });

    it('a key of one account is no way in for another, not even for one of the same id elsewhere', async () => {
      const here = await insert('able-here', { existing: 1, able: 0 });
      await insert('able-there', { account: { id: here.id }, keys: [good], existing: 1, able: 1 });
      await insert('able-here', {
        account: { role: null, federations: federations() },
        keys: [good],
        existing: 0,
        able: 0,
      });
      expect(await countAdministrators(opened.storage, 'able-here', now)).toBe(0);
      expect(await countAdministrators(opened.storage, 'able-there', now)).toBe(1);
    });
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
    const insertAccount = async (changes: Partial<ServiceAccount> = {}): Promise<ServiceAccount> => {
      const account = sampleAccount(changes);
      await opened.storage.serviceAccounts.insert(account);
      return account;
    };
    const keysOf = ({ tenant, id }: ServiceAccount): Promise<readonly AccountKey[]> =>
      opened.storage.accountKeys.listOf(tenant, id);

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

    it.each([
      ['the same key again', {}, true],
      ['the same key under another kid', { kid: 'another-kid' }, true],
      ['another key under the same kid', { thumbprint: 'another-thumbprint' }, true],
      ['another key under another kid', { kid: 'other-kid', thumbprint: 'other-thumbprint' }, false],
      ['a kid in other case', { kid: 'KID-1', thumbprint: 'thumbprint-1b' }, false],
      ['a thumbprint in other case', { kid: 'kid-2', thumbprint: 'THUMBPRINT-1' }, false],
      // Two keys never are each other's names, but an owner may choose a kid that looks like it.
      ['a kid that is the thumbprint of the other', { kid: 'thumbprint-1', thumbprint: 'x' }, false],
    ])('AD-09 %s in one account: refused is %s', async (_what, changes, refused) => {
      const account = await insertAccount();
      const first = sampleAccountKey(account, { kid: 'kid-1', thumbprint: 'thumbprint-1' });
      await opened.storage.accountKeys.insert(first);
      const second = { ...first, id: randomUUID(), ...changes };
      const inserted = opened.storage.accountKeys.insert(second);
      if (refused)
        await expect(inserted).rejects.toMatchObject({ name: 'UniqueViolation', what: 'account-key' });
      else await inserted;
      expect(await keysOf(account)).toEqual(refused ? [first] : [first, second]);
    });

    it('AD-09 a key is taken by each of two accounts, and by one of each tenant', async () => {
      const [account, neighbour, foreign] = [
        await insertAccount(),
        await insertAccount(),
        await insertAccount({ tenant: 'other' }),
      ];
      const key = sampleAccountKey(account);
      await opened.storage.accountKeys.insert(key);
      for (const owner of [neighbour, foreign])
        await opened.storage.accountKeys.insert({
          ...key,
          id: randomUUID(),
          tenant: owner.tenant,
          accountId: owner.id,
        });
      for (const owner of [account, neighbour, foreign]) expect(await keysOf(owner)).toHaveLength(1);
    });

    it('an id is taken once in a tenant, and a refused insert does not spoil its transaction', async () => {
      const [account, neighbour] = [await insertAccount(), await insertAccount()];
      const key = sampleAccountKey(account);
      const another = sampleAccountKey(neighbour);
      await opened.storage.transaction(async ({ accountKeys }) => {
        await accountKeys.insert(key);
        await expect(accountKeys.insert({ ...another, id: key.id })).rejects.toMatchObject({
          what: 'account-key',
        });
        await accountKeys.insert(another);
      });
      expect([await keysOf(account), await keysOf(neighbour)]).toEqual([[key], [another]]);
    });

    it('every member comes back as it went in', async () => {
      const account = await insertAccount();
      const keys = [
        sampleAccountKey(account, {
          kid: 'é\u{1f511}',
          algorithm: 'PS256',
          publicJwk: { kty: 'RSA', n: 'A'.repeat(683), e: 'AQAB' },
          status: 'disabled',
          expiresAt: 253_402_300_799_000,
          createdAt: sampleTime + 1,
          lastUsedAt: sampleTime + 2,
          version: 7,
        }),
        sampleAccountKey(account, { expiresAt: null, lastUsedAt: null }),
      ];
      for (const key of keys) await opened.storage.accountKeys.insert(key);
      expect(await keysOf(account)).toEqual(keys);
    });

    describe('update', () => {
      it('changes status and end, and nothing else', async () => {
        const account = await insertAccount();
        const [key, other] = [sampleAccountKey(account), sampleAccountKey(account)];
        for (const each of [key, other]) await opened.storage.accountKeys.insert(each);
        await opened.storage.accountKeys.touch('acme', key.id, sampleTime + 9);
        const changed = { ...key, status: 'disabled', expiresAt: null, version: 2 } as const;
        expect(
          await opened.storage.accountKeys.update({
            ...changed,
            kid: 'not-this',
            thumbprint: 'nor-this',
            algorithm: 'RS256',
            publicJwk: { kty: 'RSA', n: 'AA', e: 'AQAB' },
            createdAt: 1,
            lastUsedAt: null,
          }),
        ).toBe(true);
        expect(await keysOf(account)).toEqual([{ ...changed, lastUsedAt: sampleTime + 9 }, other]);
      });

      it('A72 takes the version it was made from alone: of ten at once one wins', async () => {
        const account = await insertAccount();
        const key = sampleAccountKey(account);
        await opened.storage.accountKeys.insert(key);
        const outcomes = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            opened.storage.accountKeys.update({ ...key, expiresAt: sampleTime + index, version: 2 }),
          ),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        for (const version of [1, 2, 4, 0])
          expect(await opened.storage.accountKeys.update({ ...key, version })).toBe(false);
        expect(await opened.storage.accountKeys.update({ ...key, version: 3 })).toBe(true);
        expect(await keysOf(account)).toEqual([{ ...key, version: 3 }]);
      });

      it('A107 finds nothing in another tenant', async () => {
        const account = await insertAccount();
        const key = sampleAccountKey(account);
        await opened.storage.accountKeys.insert(key);
        expect(await opened.storage.accountKeys.update({ ...key, tenant: 'other', version: 2 })).toBe(false);
        expect(await opened.storage.accountKeys.remove('other', key.id, 1)).toBe(false);
        await opened.storage.accountKeys.touch('other', key.id, sampleTime);
        expect(await keysOf(account)).toEqual([key]);
      });
    });

    describe('remove', () => {
      it('A72 takes the current version alone, once, and leaves the others', async () => {
        const account = await insertAccount();
        const [key, other] = [sampleAccountKey(account), sampleAccountKey(account)];
        for (const each of [key, other]) await opened.storage.accountKeys.insert(each);
        const { accountKeys } = opened.storage;
        expect([
          await accountKeys.remove('acme', key.id, 2),
          await accountKeys.remove('acme', 'unknown', 1),
        ]).toEqual([false, false]);
        const outcomes = await Promise.all(
          Array.from({ length: 5 }, () => accountKeys.remove('acme', key.id, 1)),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        expect(await keysOf(account)).toEqual([other]);
        expect(await accountKeys.update({ ...key, version: 2 })).toBe(false);
      });

      it('sets kid and thumbprint free', async () => {
        const account = await insertAccount();
        const key = sampleAccountKey(account);
        await opened.storage.accountKeys.insert(key);
        await opened.storage.accountKeys.remove('acme', key.id, 1);
        const again = { ...key, id: randomUUID() };
        await opened.storage.accountKeys.insert(again);
        expect(await keysOf(account)).toEqual([again]);
      });

      it.each(['\0', 'x\0', '\ud800'])('A118 finds nothing by %j, which no store keeps', async (id) => {
        expect(await opened.storage.accountKeys.remove('acme', id, 1)).toBe(false);
        expect(await opened.storage.accountKeys.listOf('acme', id)).toEqual([]);
      });
    });

    describe('touch', () => {
      it('keeps the latest time, in whatever order the times come', async () => {
        const account = await insertAccount();
        const [key, other] = [sampleAccountKey(account), sampleAccountKey(account)];
        for (const each of [key, other]) await opened.storage.accountKeys.insert(each);
        const seen: (number | null | undefined)[] = [];
        for (const at of [5, 3, 5, 9, 8]) {
          await opened.storage.accountKeys.touch('acme', key.id, sampleTime + at);
          seen.push((await keysOf(account))[0]?.lastUsedAt);
        }
        expect(seen).toEqual([5, 5, 5, 9, 9].map((at) => sampleTime + at));
        await Promise.all(
          [21, 20, 23, 22].map((at) => opened.storage.accountKeys.touch('acme', key.id, sampleTime + at)),
        );
        expect(await keysOf(account)).toEqual([{ ...key, lastUsedAt: sampleTime + 23 }, other]);
      });

      it('leaves the version alone, so that a use spoils no change', async () => {
        const account = await insertAccount();
        const key = sampleAccountKey(account);
        await opened.storage.accountKeys.insert(key);
        await opened.storage.accountKeys.touch('acme', key.id, sampleTime);
        expect(await opened.storage.accountKeys.update({ ...key, version: 2 })).toBe(true);
      });

      it('of a key that is gone, or never was, is no fault', async () => {
        const account = await insertAccount();
        const key = sampleAccountKey(account);
        await opened.storage.accountKeys.insert(key);
        await opened.storage.accountKeys.remove('acme', key.id, 1);
        await opened.storage.accountKeys.touch('acme', key.id, sampleTime);
        await opened.storage.accountKeys.touch('acme', randomUUID(), sampleTime);
        expect(await keysOf(account)).toEqual([]);
      });
    });

    it('refuses a key of an account that is not there', async () => {
      await expect(opened.storage.accountKeys.insert(sampleAccountKey(sampleAccount()))).rejects.toThrow(
        /foreign key/i,
      );
    });
  });
});
