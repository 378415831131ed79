import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { ActivityFilter } from '../../src/core/activity/activity-filter.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { type StoragePlace, storageEngines } from '../support/storage-engines.ts';

const blockLines = 4096;
const tenants = ['acme', 'other'] as const;
// Some begin alike, as far as the indexes look and further.
const accounts = [
  'aaaaaaaa-busy',
  'aaaaaaaa-seldom',
  'aaaaaaab-other',
  'bbbbbbbb-0000',
  'bbbb',
  '',
  'ünïcödé',
] as const;
const jtis = ['jti-1', 'jti-2', 'jti', ''] as const;
/** Where lines stand: runs in blocks side by side, at their borders, and with holes of many blocks between. */
const runs = [
  [-blockLines - 3, 6],
  [1, 40],
  [blockLines - 20, 60],
  [3 * blockLines - 2, 120],
  [70 * blockLines, 3],
  [5000 * blockLines - 1, 30],
  // More holes than blocks are looked into for one page.
  ...Array.from({ length: 8 }, (_, index) => [(20 + 10 * index) * 1000 * blockLines + 5, 1] as const),
  [9_000_000 * blockLines + 7, 200],
] as const;

interface Line {
  readonly seq: number;
  readonly tenant: string;
  readonly id: string;
  readonly account: string | null;
  readonly jti: string | null;
  readonly reason: 'issued' | 'no_match';
}

/** Always the same lines, however often it is called. */
const makeLines = (): readonly Line[] => {
  let state = 7;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const some = <T>(values: readonly T[]): T => values[next(values.length)] as T;
  return runs.flatMap(([first, count]) =>
    Array.from({ length: count }, (_, index) => ({
      seq: first + index,
      tenant: next(10) === 0 ? 'other' : 'acme',
      id: `id-${first}-${index}`,
      account: next(3) === 0 ? 'aaaaaaaa-busy' : next(4) === 0 ? null : some(accounts),
      jti: next(3) === 0 ? null : some(jtis),
      reason: next(5) === 0 ? ('no_match' as const) : ('issued' as const),
    })),
  );
};

const filters: readonly (readonly [string, ActivityFilter])[] = [
  ['a busy account', { account: 'aaaaaaaa-busy' }],
  ['one that begins like it', { account: 'aaaaaaaa-seldom' }],
  ['a short name', { account: 'bbbb' }],
  ['an empty name', { account: '' }],
  ['characters of several bytes', { account: 'ünïcödé' }],
  ['one that is not there', { account: 'aaaaaaaa' }],
  ['a jti of many lines', { jti: 'jti-1' }],
  ['an account and what else the table says', { account: 'aaaaaaaa-busy', reason: 'no_match' }],
  ['an account and what most lines have', { account: 'aaaaaaaa-busy', reason: 'issued' }],
  ['an account and a jti', { account: 'aaaaaaaa-busy', jti: 'jti-2' }],
  ['an account and a text', { account: 'aaaaaaaa-busy', q: 'NOTHING LIKE IT' }],
  ['an account and a time', { account: 'aaaaaaaa-busy', from: 3 * blockLines, to: 70 * blockLines + 2 }],
  ['an id', { receipt: 'id-1-3' }],
];

describe.each(storageEngines)(
  'what is random is found page by page on $engine',
  ({ engine, createPlace }) => {
    const lines = makeLines();
    let place: StoragePlace;
    let storage: Storage;
    beforeAll(async () => {
      place = await createPlace();
      storage = await openStorage({ url: place.url });
      const database = await openRawDatabase(place.url);
      const text = (value: string | null): string => (value === null ? 'null' : `'${value}'`);
      await database.run(`insert into activities (seq, tenant, id, time, type, outcome, reason, account_id, jti, body)
      ${engine === 'SQLite' ? '' : 'overriding system value'} values ${lines
        .map(
          ({ seq, tenant, id, account, jti, reason }) =>
            // An id of its own for each line: what was inserted is what is looked for.
            `(${seq}, '${tenant}', '${id}', ${Math.max(seq, 0)}, 'token', '${reason === 'issued' ? 'issued' : 'refused'}', '${reason}',
            ${text(account)}, ${text(jti)}, '{"checks":[]${account === null ? '' : `,"accountName":"an account"`}}')`,
        )
        .join(',')}`);
      await database.close();
    });
    afterAll(async () => {
      await storage.close();
      await place.remove();
    });

    const expected = (tenant: string, filter: ActivityFilter): readonly string[] =>
      lines
        .filter(
          (line) =>
            line.tenant === tenant &&
            (filter.account === undefined || line.account === filter.account) &&
            (filter.jti === undefined || line.jti === filter.jti) &&
            (filter.receipt === undefined || line.id === filter.receipt) &&
            (filter.reason === undefined || line.reason === filter.reason) &&
            Math.max(line.seq, 0) >= (filter.from ?? 0) &&
            Math.max(line.seq, 0) < (filter.to ?? Number.POSITIVE_INFINITY) &&
            filter.q === undefined,
        )
        .map(({ id }) => id);

    it.each(filters)('%s: the newest first, each line once, however long a page is', async (_, filter) => {
      for (const tenant of tenants)
        for (const limit of [1, 7, 200]) {
          const found: string[] = [];
          let cursor: string | null = null;
          do {
            const page = await storage.activities.list(tenant, filter, { limit, cursor });
            expect(page.items.length).toBeLessThanOrEqual(limit);
            found.push(...page.items.map(({ id }) => id));
            cursor = page.nextCursor;
          } while (cursor !== null);
          expect(found).toEqual(expected(tenant, filter).toReversed());
        }
    });

    it.each(filters)('%s: in the order of storing, for an export', async (_, filter) => {
      for (const tenant of tenants) {
        const found: string[] = [];
        let after: number | null = Number.MIN_SAFE_INTEGER;
        while (after !== null) {
          const last = Number.MAX_SAFE_INTEGER - 1;
          const page = await storage.trail.read(tenant, { after, last }, filter, 7);
          found.push(...page.lines.map(({ id }) => id));
          after = page.next;
        }
        expect(found).toEqual(expected(tenant, filter));
      }
    });

    it('each line by its id, and none by another', async () => {
      for (const { tenant, id } of lines)
        expect(await storage.activities.find(tenant, id)).toMatchObject({ id, tenant });
      expect(await storage.activities.find('acme', randomUUID())).toBeNull();
      expect(
        await storage.activities.find('other', lines.find(({ tenant }) => tenant === 'acme')?.id ?? ''),
      ).toBeNull();
    });
  },
);
