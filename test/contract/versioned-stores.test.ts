import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidCursor, type Page, type PageRequest } from '../../src/ports/page.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import {
  sampleAccount,
  sampleFederation,
  sampleTeam,
  sampleTenant,
  sampleTrustedIssuer,
  sampleUseCase,
} from '../support/stored-samples.ts';

interface Versioned {
  readonly version: number;
  readonly description?: string;
}

/** What the stores of versioned things have in common, spelled once so that each rule is tried on each of them. */
interface Subject {
  readonly what: string;
  /** Makes a new thing in `tenant`; `key` fixes what must be unique in the tenant. */
  readonly make: (tenant: string, key?: string) => Versioned;
  readonly key: (value: Versioned) => string;
  readonly insert: (stores: Stores, value: Versioned) => Promise<void>;
  readonly update: (stores: Stores, value: Versioned) => Promise<boolean>;
  readonly find: (stores: Stores, tenant: string, value: Versioned) => Promise<Versioned | null>;
  readonly findByText: (stores: Stores, tenant: string, text: string) => Promise<Versioned | null>;
  readonly list: (stores: Stores, tenant: string, page: PageRequest) => Promise<Page<Versioned>>;
  readonly remove?: (stores: Stores, tenant: string, value: Versioned, version: number) => Promise<boolean>;
}

const subject = <T extends Versioned>(of: {
  what: string;
  make: (tenant: string, key?: string) => T;
  key: (value: T) => string;
  insert: (stores: Stores, value: T) => Promise<void>;
  update: (stores: Stores, value: T) => Promise<boolean>;
  find: (stores: Stores, tenant: string, value: T) => Promise<T | null>;
  findByText: (stores: Stores, tenant: string, text: string) => Promise<T | null>;
  list: (stores: Stores, tenant: string, page: PageRequest) => Promise<Page<T>>;
  remove: (stores: Stores, tenant: string, value: T, version: number) => Promise<boolean>;
}): Subject => of as unknown as Subject;

const subjects: readonly Subject[] = [
  subject({
    what: 'trusted-issuer',
    make: (tenant, key) => sampleTrustedIssuer({ tenant, ...(key === undefined ? {} : { issuer: key }) }),
    key: (value) => value.issuer,
    insert: (stores, value) => stores.trustedIssuers.insert(value),
    update: (stores, value) => stores.trustedIssuers.update(value),
    find: (stores, tenant, value) => stores.trustedIssuers.find(tenant, value.id),
    findByText: (stores, tenant, text) => stores.trustedIssuers.findByIssuer(tenant, text),
    list: (stores, tenant, page) => stores.trustedIssuers.list(tenant, page),
    remove: (stores, tenant, value, version) => stores.trustedIssuers.remove(tenant, value.id, version),
  }),
  subject({
    what: 'service-account',
    make: (tenant, key) =>
      sampleAccount({
        tenant,
        federations: [
          sampleFederation(),
          sampleFederation({ subject: null, subjectPattern: `repo:${Math.random()}:*`, cel: 'true' }),
        ],
        ...(key === undefined ? {} : { name: key }),
      }),
    key: (value) => value.name,
    insert: (stores, value) => stores.serviceAccounts.insert(value),
    update: (stores, value) => stores.serviceAccounts.update(value),
    find: (stores, tenant, value) => stores.serviceAccounts.find(tenant, value.id),
    findByText: (stores, tenant, text) => stores.serviceAccounts.find(tenant, text),
    list: (stores, tenant, page) => stores.serviceAccounts.list(tenant, {}, page),
    remove: (stores, tenant, value, version) => stores.serviceAccounts.remove(tenant, value.id, version),
  }),
  subject({
    what: 'team',
    make: (tenant, key) => sampleTeam({ tenant, ...(key === undefined ? {} : { name: key }) }),
    key: (value) => value.name,
    insert: (stores, value) => stores.teams.insert(value),
    update: (stores, value) => stores.teams.update(value),
    find: (stores, tenant, value) => stores.teams.find(tenant, value.name),
    findByText: (stores, tenant, text) => stores.teams.find(tenant, text),
    list: (stores, tenant, page) => stores.teams.list(tenant, page),
    remove: (stores, tenant, value, version) => stores.teams.remove(tenant, value.name, version),
  }),
  subject({
    what: 'use-case',
    make: (tenant, key) => sampleUseCase({ tenant, ...(key === undefined ? {} : { name: key }) }),
    key: (value) => value.name,
    insert: (stores, value) => stores.useCases.insert(value),
    update: (stores, value) => stores.useCases.update(value),
    find: (stores, tenant, value) => stores.useCases.find(tenant, value.name),
    findByText: (stores, tenant, text) => stores.useCases.find(tenant, text),
    list: (stores, tenant, page) => stores.useCases.list(tenant, page),
    remove: (stores, tenant, value, version) => stores.useCases.remove(tenant, value.name, version),
  }),
];

const lookAlikes: readonly [string, string][] = [
  ['case', 'Straße-A'],
  ['trailing space', 'straße-a '],
  ['decomposed form', 'straße-a\u0301'],
  ['composed form', 'straße-á'],
  ['expanded sharp s', 'strasse-a'],
  ['zero-width space', 'straße\u200B-a'],
];

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  describe.each(subjects)('$what', (of) => {
    it('gives back exactly what was inserted', async () => {
      const value = of.make('acme');
      await of.insert(opened.storage, value);
      expect(await of.find(opened.storage, 'acme', value)).toEqual(value);
    });

    it('A72 replaces the row of the version before and answers false to a stale or missing one', async () => {
      const value = of.make('acme');
      await of.insert(opened.storage, value);
      const [mine, theirs] = [
        { ...value, version: 2, description: 'mine' },
        { ...value, version: 2, description: 'theirs' },
      ];
      const answers = await Promise.all([of.update(opened.storage, mine), of.update(opened.storage, theirs)]);
      expect(answers.toSorted()).toEqual([false, true]);
      expect(await of.find(opened.storage, 'acme', value)).toMatchObject({ version: 2 });
      expect(await of.update(opened.storage, { ...value, version: 4 })).toBe(false);
      expect(await of.update(opened.storage, { ...of.make('acme'), version: 2 })).toBe(false);
      expect(await of.update(opened.storage, { ...value, version: 3, description: 'again' })).toBe(true);
    });

    it('A72 removes only the version that is there, once', async () => {
      const value = of.make('acme');
      await of.insert(opened.storage, value);
      expect(await of.remove?.(opened.storage, 'acme', value, 2)).toBe(false);
      expect(await of.find(opened.storage, 'acme', value)).not.toBeNull();
      expect(await of.remove?.(opened.storage, 'acme', value, 1)).toBe(true);
      expect(await of.remove?.(opened.storage, 'acme', value, 1)).toBe(false);
      expect(await of.find(opened.storage, 'acme', value)).toBeNull();
    });

    it('refuses a second one of the same key in the tenant, by name, and takes it in another tenant', async () => {
      const key = `same-${of.what}`;
      await of.insert(opened.storage, of.make('acme', key));
      await expect(of.insert(opened.storage, of.make('acme', key))).rejects.toMatchObject({
        name: 'UniqueViolation',
        what: of.what,
      });
      await of.insert(opened.storage, of.make('other', key));
    });

    it('of parallel inserts of one key exactly one wins', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, () => of.insert(opened.storage, of.make('acme', `race-${of.what}`))),
      );
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toMatchObject({ name: 'UniqueViolation', what: of.what });
        }
      }
    });

    it('A107 is invisible to, unchangeable by and unremovable by another tenant', async () => {
      const value = of.make('acme');
      await of.insert(opened.storage, value);
      expect(await of.find(opened.storage, 'intruder', value)).toBeNull();
      expect(await of.update(opened.storage, { ...value, tenant: 'intruder', version: 2 } as Versioned)).toBe(
        false,
      );
      expect(await of.remove?.(opened.storage, 'intruder', value, 1)).toBe(false);
      const { items } = await of.list(opened.storage, 'intruder', { limit: 200, cursor: null });
      expect(items).toEqual([]);
      expect(await of.find(opened.storage, 'acme', value)).toEqual(value);
    });

    it.each(lookAlikes)('A29 tells look-alikes apart: %s', async (_, lookAlike) => {
      const tenant = `look-alike-${of.what}-${lookAlike}`;
      await of.insert(opened.storage, of.make(tenant, 'straße-a'));
      await of.insert(opened.storage, of.make(tenant, lookAlike));
      expect((await of.list(opened.storage, tenant, { limit: 200, cursor: null })).items).toHaveLength(2);
    });

    it('A34 a lone surrogate is not the replacement character it would become', async () => {
      await of.insert(opened.storage, of.make('acme', `${of.what}-\uFFFD`));
      expect(await of.findByText(opened.storage, 'acme', `${of.what}-\uD800`)).toBeNull();
      if (of.what !== 'service-account') {
        expect(await of.findByText(opened.storage, 'acme', `${of.what}-\uFFFD`)).not.toBeNull();
      }
    });

    it.each([
      ['NUL', 'a\0b'],
      ['lone surrogate', 'a\uD800'],
      ['replacement of it', 'a\uFFFD'],
      ['quote', "'; drop table teams; --"],
      ['wildcard', '%'],
    ])('A34 A117 looking for %s finds nothing and fails nothing', async (_, text) => {
      expect(await of.findByText(opened.storage, 'acme', text)).toBeNull();
      expect(await of.findByText(opened.storage, text, 'x')).toBeNull();
    });

    it('pages by creation, each item once, steady while others are inserted', async () => {
      const tenant = `paging-${of.what}`;
      const values = Array.from({ length: 5 }, () => of.make(tenant));
      for (const value of values) {
        await of.insert(opened.storage, value);
      }
      const first = await of.list(opened.storage, tenant, { limit: 2, cursor: null });
      const late = of.make(tenant);
      await of.insert(opened.storage, late);
      const second = await of.list(opened.storage, tenant, { limit: 2, cursor: first.nextCursor });
      const third = await of.list(opened.storage, tenant, { limit: 2, cursor: second.nextCursor });
      expect([...first.items, ...second.items, ...third.items].map(of.key)).toEqual(
        [...values, late].map(of.key),
      );
      expect([first.nextCursor, second.nextCursor]).not.toContain(null);
      expect(third.nextCursor).toBeNull();
    });

    it('a removed item does not disturb the cursor that names it', async () => {
      const tenant = `removal-${of.what}`;
      const values = Array.from({ length: 3 }, () => of.make(tenant));
      for (const value of values) {
        await of.insert(opened.storage, value);
      }
      const first = await of.list(opened.storage, tenant, { limit: 1, cursor: null });
      await of.remove?.(opened.storage, tenant, values[0] as Versioned, 1);
      const rest = await of.list(opened.storage, tenant, { limit: 5, cursor: first.nextCursor });
      expect(rest.items.map(of.key)).toEqual(values.slice(1).map(of.key));
    });

    it.each([
      '',
      'x',
      'AAAA',
      '%',
      "' or 1=1",
      'a\0',
      '\uD800',
      Buffer.from('nonsense:1').toString('base64url'),
      Buffer.from('activities:1').toString('base64url'),
      Buffer.from(`${of.what}s:-1`).toString('base64url'),
      Buffer.from(`${of.what}s:01`).toString('base64url'),
      Buffer.from(`${of.what}s:9999999999999999`).toString('base64url'),
      Buffer.from(`${of.what}s:1 or 1=1`).toString('base64url'),
      `${Buffer.from(`${of.what}s:1`).toString('base64url')}=`,
      `${Buffer.from(`${of.what}s:1`).toString('base64url')} `,
      'x'.repeat(100_000),
    ])('A117 a cursor nobody made is an InvalidCursor: %j', async (cursor) => {
      await expect(of.list(opened.storage, 'acme', { limit: 5, cursor })).rejects.toBeInstanceOf(
        InvalidCursor,
      );
    });

    it('a transaction that fails leaves nothing of it', async () => {
      const value = of.make('acme');
      await expect(
        opened.storage.transaction(async (stores) => {
          await of.insert(stores, value);
          expect(await of.find(stores, 'acme', value)).toEqual(value);
          throw new Error('changed my mind');
        }),
      ).rejects.toThrow('changed my mind');
      expect(await of.find(opened.storage, 'acme', value)).toBeNull();
    });

    it('a unique violation inside a transaction does not spoil the rest of it', async () => {
      const [there, next] = [of.make('acme', `there-${of.what}`), of.make('acme')];
      await of.insert(opened.storage, there);
      await opened.storage.transaction(async (stores) => {
        await expect(of.insert(stores, of.make('acme', `there-${of.what}`))).rejects.toMatchObject({
          what: of.what,
        });
        await of.insert(stores, next);
      });
      expect(await of.find(opened.storage, 'acme', next)).toEqual(next);
    });
  });

  describe('tenant', () => {
    it('gives back what was inserted, and replaces it only over its version', async () => {
      const tenant = sampleTenant();
      await opened.storage.tenants.insert(tenant);
      expect(await opened.storage.tenants.find(tenant.name)).toEqual(tenant);
      const disabled = { ...tenant, status: 'disabled', version: 2 } as const;
      expect(await opened.storage.tenants.update(disabled)).toBe(true);
      expect(await opened.storage.tenants.update(disabled)).toBe(false);
      expect(await opened.storage.tenants.find(tenant.name)).toEqual(disabled);
    });

    it('a name is there once, also in parallel', async () => {
      const tenant = sampleTenant();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => opened.storage.tenants.insert(tenant)),
      );
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      await expect(opened.storage.tenants.insert(tenant)).rejects.toMatchObject({ what: 'tenant' });
    });

    it('pages by creation', async () => {
      const made = [sampleTenant(), sampleTenant(), sampleTenant()];
      for (const tenant of made) {
        await opened.storage.tenants.insert(tenant);
      }
      const names: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<{ name: string }> = await opened.storage.tenants.list({ limit: 1, cursor });
        names.push(...page.items.map((tenant) => tenant.name));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(names.slice(-3)).toEqual(made.map((tenant) => tenant.name));
      expect(new Set(names).size).toBe(names.length);
      await expect(opened.storage.tenants.list({ limit: 1, cursor: 'x' })).rejects.toBeInstanceOf(
        InvalidCursor,
      );
    });
  });
});
