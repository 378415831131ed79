import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import {
  buildPatternPrefixes,
  type FederationGroup,
  groupsCovering,
} from '../../src/core/trust/federation-group.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount, sampleFederation } from '../support/stored-samples.ts';

const issuer = 'https://issuer.example';
const names = (accounts: readonly ServiceAccount[]) => accounts.map(({ name }) => name);
const group = (kind: FederationGroup['kind'], text: string, changes: Partial<FederationGroup> = {}) => ({
  tenant: 'acme',
  issuer,
  kind,
  text,
  ...changes,
});

/** An account with a federation for each text; one with a `*` is a pattern. */
const account = (name: string, texts: readonly string[], changes: Partial<ServiceAccount> = {}) =>
  sampleAccount({
    name,
    federations: texts.map((text) =>
      sampleFederation(text.includes('*') ? { subject: null, subjectPattern: text } : { subject: text }),
    ),
    ...changes,
  });

describe.each(storageEngines)('federations that are looked up, on $engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  const storage = () => opened.storage.serviceAccounts;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
    const accounts = [
      account('one', ['job:1', 'job:*']),
      account('two', ['job:2', 'job:*:x']),
      account('three', ['job:3']),
      account('other tenant', ['job:1', 'job:*', 'other:*'], { tenant: 'other' }),
      sampleAccount({
        name: 'other issuer',
        federations: [sampleFederation({ issuer: `${issuer}/`, subject: 'job:1' })],
      }),
      sampleAccount({
        name: 'twice',
        federations: [
          sampleFederation({ subject: 'job:1', audience: 'https://a.example' }),
          sampleFederation({ subject: 'job:1', audience: 'https://b.example' }),
        ],
      }),
      account('letters', ['Job:1', 'job:é']),
    ];
    for (const each of accounts) await storage().insert(each);
  });
  afterAll(() => opened.remove());

  it.each<[string, FederationGroup, readonly string[]]>([
    ['an exact subject, oldest first, an account once', group('subject', 'job:1'), ['one', 'twice']],
    ['code point by code point', group('subject', 'Job:1'), ['letters']],
    ['letters beyond ASCII', group('subject', 'job:é'), ['letters']],
    ['the same letters otherwise composed', group('subject', 'job:e\u0301'), []],
    ['the literal beginning of patterns', group('prefix', 'job:'), ['one', 'two']],
    ['a text that is only part of one', group('prefix', 'job'), []],
    ['a subject is no beginning', group('prefix', 'job:1'), []],
    ['a beginning is no subject', group('subject', 'job:'), []],
    ['nobody', group('subject', 'job:9'), []],
    ['another tenant', group('subject', 'job:1', { tenant: 'other' }), ['other tenant']],
    ['another issuer, byte for byte', group('subject', 'job:1', { issuer: `${issuer}/` }), ['other issuer']],
    ['what cannot be stored', group('subject', 'job:1\0'), []],
    ['half a character', group('subject', 'job:\ud800'), []],
  ])('ST-12 A107 finds the group of %s', async (_title, asked, expected) => {
    const [found = []] = await storage().findByGroups([asked]);
    expect(names(found)).toEqual(expected);
  });

  it('answers each of many groups at its place, whatever their number', async () => {
    for (const count of [0, 1, 3, 64, 65, 200]) {
      const groups = Array.from({ length: count }, (_, place) => group('subject', `job:${place}`));
      const expected = groups.map(({ text }) =>
        text === 'job:1' ? ['one', 'twice'] : text === 'job:2' ? ['two'] : text === 'job:3' ? ['three'] : [],
      );
      expect((await storage().findByGroups(groups)).map(names)).toEqual(expected);
    }
    const twice = await storage().findByGroups([group('subject', 'job:3'), group('subject', 'job:3')]);
    expect(twice.map(names)).toEqual([['three'], ['three']]);
  });

  it('an account comes whole', async () => {
    const whole = account('whole', ['whole:1', 'whole:*']);
    await storage().insert(whole);
    expect(await storage().findByGroups([group('subject', 'whole:1'), group('prefix', 'whole:')])).toEqual([
      [whole],
      [whole],
    ]);
  });

  it('a change moves it, a removal takes it out', async () => {
    const before = account('moves', ['moves:1']);
    await storage().insert(before);
    const groups = [group('subject', 'moves:1'), group('subject', 'moves:2'), group('prefix', 'moves:')];
    const after = { ...account('moves', ['moves:2', 'moves:*']), id: before.id, version: 2 };
    expect(await storage().update(after)).toBe(true);
    expect((await storage().findByGroups(groups)).map(names)).toEqual([[], ['moves'], ['moves']]);
    expect(await storage().remove('acme', before.id, 2)).toBe(true);
    expect((await storage().findByGroups(groups)).map(names)).toEqual([[], [], []]);
  });

  it('outlines an issuer by the distinct beginnings of its patterns', async () => {
    expect(await storage().outlineOf('other', issuer)).toEqual({
      prefixes: expect.toSatisfy((all: string[]) => all.toSorted().join() === 'job:,other:'),
      unplaced: [],
    });
    expect(await storage().outlineOf('acme', `${issuer}/`)).toEqual({ prefixes: [], unplaced: [] });
    expect(await storage().outlineOf('acme', `${issuer}\0`)).toEqual({ prefixes: [], unplaced: [] });
  });

  describe('neighbours', () => {
    beforeAll(async () => {
      for (const text of ['a:1', 'a:2', 'b:1', 'B:2', 'b:3@77', 'c:*', '^d:x'])
        await storage().insert(account(`near ${text}`, [text], { tenant: 'near' }));
      await storage().insert(account('near of another', ['b:1'], { tenant: 'near-too' }));
    });
    const near = async (subject: string, limit: number) =>
      names(await storage().findNear('near', issuer, subject, limit)).toSorted();

    it.each<[string, number, readonly string[]]>([
      ['b:2', 1, ['near B:2', 'near b:1']],
      ['b:2', 2, ['near B:2', 'near a:2', 'near b:1', 'near b:3@77']],
      ['B:9', 1, ['near b:3@77', 'near c:*']],
      ['b:3', 1, ['near B:2', 'near b:3@77']],
      ['', 1, ['near a:1']],
      ['zzz', 1, ['near ^d:x']],
      ['d:y', 1, ['near ^d:x']],
      ['c:1', 1, ['near ^d:x', 'near c:*']],
    ])('B28 of %j, %i to either side', async (subject, limit, expected) => {
      expect(await near(subject, limit)).toEqual(expected);
    });

    it('are bounded, for a text of any length and content as well', async () => {
      expect((await near('b\0\ud800', 1)).length).toBeLessThanOrEqual(2);
      expect((await near(`b:${'x'.repeat(20_000)}`, 2)).length).toBe(4);
      expect(await near('b:1', 100)).toHaveLength(7);
    });
  });

  it('finds the newest on an issuer, an account once, however many federations it has', async () => {
    const at = `https://newest.example/${randomUUID()}`;
    const many = (name: string) =>
      sampleAccount({
        name,
        federations: ['1', '2', '3'].map((subject) =>
          sampleFederation({ issuer: at, subject: name + subject }),
        ),
      });
    const [first, second, third] = [many('n1'), many('n2'), many('n3')];
    for (const each of [first, second, third]) await storage().insert(each);
    expect(names(await storage().findByIssuer('acme', at, 2))).toEqual(['n3', 'n2']);
    // A change is no birth.
    expect(await storage().update({ ...first, description: 'changed', version: 2 })).toBe(true);
    expect(names(await storage().findByIssuer('acme', at, 10))).toEqual(['n3', 'n2', 'n1']);
  });

  it('what a node of the version before inserts is in no group, and in the outline until it is changed', async () => {
    const at = `https://older.example/${randomUUID()}`;
    const older = sampleAccount({
      name: 'older',
      federations: [
        sampleFederation({ issuer: at, subject: 'older:1' }),
        sampleFederation({ issuer: at, subject: null, subjectPattern: 'older:*' }),
      ],
    });
    await storage().insert(older);
    const raw = await openRawDatabase(opened.url);
    await raw.run(
      `update federations set federation_id = null, group_key = null, near = null, prefix = null, account_seq = null where issuer = '${at}'`,
    );
    await raw.close();
    const groups = [group('subject', 'older:1', { issuer: at }), group('prefix', 'older:', { issuer: at })];
    expect(await storage().findByGroups(groups)).toEqual([[], []]);
    expect(await storage().outlineOf('acme', at)).toEqual({ prefixes: [], unplaced: [older] });
    expect(await storage().outlineOf('acme', issuer)).toMatchObject({ unplaced: [] });
    expect(await storage().findByIssuer('acme', at, 5)).toEqual([older]);
    const [{ id } = { id: '' }] = older.federations;
    expect(await storage().findByFederation('acme', id)).toEqual(older);

    const changed = { ...older, version: 2 };
    expect(await storage().update(changed)).toBe(true);
    expect(await storage().findByGroups(groups)).toEqual([[changed], [changed]]);
    expect(await storage().outlineOf('acme', at)).toEqual({ prefixes: ['older:'], unplaced: [] });
    expect(await storage().findByFederation('acme', id)).toEqual(changed);
    expect(await storage().findByFederation('acme', id.toUpperCase())).toBeNull();
  });

  it('searches so many accounts for one page, and goes on behind them', async () => {
    const raw = await openRawDatabase(opened.url);
    await raw.run(`insert into service_accounts (tenant, id, name, description, search, owning_team, use_case, scopes, audiences,
        role, status, access_token_algorithm, cap_to_subject_expiry, federations, created_at, updated_at, version)
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 100002)
      select 'crowd', 'id-' || n, 'name-' || n, '', 'name-' || n || '.', 'default', 'custom-api-integration', '[]', '[]',
        null, 'enabled', null, 0, '[]', 1, 1, 1 from numbers`);
    await raw.close();
    const page = (q: string, cursor: string | null) => storage().list('crowd', { q }, { limit: 2, cursor });
    const first = await page('name-100001.', null);
    expect([names(first.items), first.nextCursor === null]).toEqual([[], false]);
    const second = await page('name-100001.', first.nextCursor);
    expect([names(second.items), second.nextCursor]).toEqual([['name-100001'], null]);
    const early = await page('name-10.', null);
    expect([names(early.items), early.nextCursor === null]).toEqual([['name-10'], false]);
    expect(names((await page('name-10000', null)).items)).toEqual(['name-10000', 'name-100000']);
    expect((await storage().list('crowd', { status: 'disabled' }, { limit: 2, cursor: null })).items).toEqual(
      [],
    );
  }, 60_000);

  it('a pattern of any length is found by its beginning', async () => {
    for (const [letter, length] of [
      ['x', 199],
      ['x', 200],
      ['x', 500],
      ['\u{1F511}', 99],
      ['\u{1F511}', 250],
    ] as const) {
      for (const before of ['', 'o']) {
        const beginning = `${before}${letter.repeat(length)}`;
        const holder = account(`long ${before}${letter}${length}`, [`${beginning}:*`], { tenant: 'long' });
        await storage().insert(holder);
        const { prefixes } = await storage().outlineOf('long', issuer);
        const groups = groupsCovering('long', issuer, `${beginning}:1`, buildPatternPrefixes(prefixes));
        expect(names((await storage().findByGroups(groups)).flat())).toContain(holder.name);
      }
    }
  });
});
