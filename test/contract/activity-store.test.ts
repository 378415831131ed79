import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activity } from '../../src/core/activity/activity.ts';
import type { ActivityFilter } from '../../src/core/activity/activity-filter.ts';
import { InvalidCursor } from '../../src/ports/page.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity, sampleTime } from '../support/stored-samples.ts';

const everything = { limit: 200, cursor: null };

const bare = (changes: Partial<Activity>): Activity =>
  sampleActivity({
    outcome: 'refused',
    reason: 'expired',
    door: null,
    account: null,
    actor: null,
    issuer: null,
    subject: null,
    audience: null,
    jti: null,
    tokenHash: null,
    sourceAddress: null,
    checks: [],
    details: null,
    ...changes,
  });

describe.each(storageEngines)('$engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  it.each([
    ['with every member', sampleActivity()],
    ['with none but the required', bare({})],
    ['of an account without a name', sampleActivity({ account: { id: 'x', name: '' } })],
  ])('gives back exactly what was appended: %s', async (_, activity) => {
    await opened.storage.activities.append([activity]);
    expect(await opened.storage.activities.find('acme', activity.id)).toEqual(activity);
  });

  it('A107 is invisible to another tenant', async () => {
    const activity = sampleActivity();
    await opened.storage.activities.append([activity]);
    expect(await opened.storage.activities.find('other', activity.id)).toBeNull();
    expect((await opened.storage.activities.list('intruder', {}, everything)).items).toEqual([]);
  });

  it('the same id in two tenants is two lines', async () => {
    const id = randomUUID();
    await opened.storage.activities.append([
      sampleActivity({ id, tenant: 'one', subject: 'a' }),
      sampleActivity({ id, tenant: 'two', subject: 'b' }),
    ]);
    expect((await opened.storage.activities.find('one', id))?.subject).toBe('a');
    expect((await opened.storage.activities.find('two', id))?.subject).toBe('b');
  });

  it('appending a line again, after an answer that was lost, changes nothing', async () => {
    const activity = sampleActivity({ tenant: 'again' });
    await opened.storage.activities.append([activity]);
    await opened.storage.activities.append([
      { ...activity, reason: 'edited' },
      sampleActivity({ tenant: 'again' }),
    ]);
    expect(await opened.storage.activities.find('again', activity.id)).toEqual(activity);
    expect((await opened.storage.activities.list('again', {}, everything)).items).toHaveLength(2);
  });

  it('appends thousands in one call, in order, newest first', async () => {
    const tenant = 'bulk';
    const activities = Array.from({ length: 2500 }, (_, index) => bare({ tenant, subject: String(index) }));
    await opened.storage.activities.append(activities);
    await opened.storage.activities.append([]);
    const { items, nextCursor } = await opened.storage.activities.list(tenant, {}, everything);
    expect(items.map((item) => item.subject)).toEqual(
      Array.from({ length: 200 }, (_, index) => String(2499 - index)),
    );
    expect(nextCursor).not.toBeNull();
  });

  it('an append keeps all or none', async () => {
    const tenant = 'all-or-none';
    const lines = Array.from({ length: 1500 }, () => bare({ tenant }));
    const poisoned = { ...bare({ tenant }), time: Number.NaN };
    await expect(opened.storage.activities.append([...lines, poisoned])).rejects.toThrow();
    expect((await opened.storage.activities.list(tenant, {}, everything)).items).toEqual([]);
  });

  it('an append inside a transaction goes with it', async () => {
    const [lost, kept] = [sampleActivity(), sampleActivity()];
    await expect(
      opened.storage.transaction(async (stores) => {
        await stores.activities.append([lost]);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    await opened.storage.transaction((stores) => stores.activities.append([kept]));
    expect(await opened.storage.activities.find('acme', lost.id)).toBeNull();
    expect(await opened.storage.activities.find('acme', kept.id)).toEqual(kept);
  });

  describe('a row that somebody changed past the server is shown as damaged, and the rest of the page as ever', () => {
    it.each<[string, string]>([
      ['a body that is no JSON', `body = '{'`],
      ['a body that is a list', `body = '[]'`],
      [
        'a body nested without end',
        `body = '{"details":' || replace('xxxx', 'x', '${'['.repeat(5000)}') || '}'`,
      ],
      ['checks that are null', `body = '{"checks":null}'`],
      ['checks that are none', `body = '{"checks":[{"check":1}]}'`],
      ['presented that is null', `body = '{"presented":null}'`],
      ['parameters that are a list', `body = '{"parameters":[]}'`],
      ['details that hold an object', `body = '{"details":{"x":{}}}'`],
      ['a time beyond all dates', 'time = 9000000000000000'],
      ['an outcome that there is not', `outcome = 'other'`],
      ['a member more', `body = '{"id":"x"}'`],
    ])('A115 %s', async (name, change) => {
      const tenant = `damaged-${name.replaceAll(' ', '-')}`;
      const [first, second, third] = [
        sampleActivity({ tenant }),
        sampleActivity({ tenant }),
        sampleActivity({ tenant }),
      ] as const;
      await opened.storage.activities.append([first, second, third]);
      const { activities } = opened.storage;
      expect((await activities.list(tenant, {}, everything)).items).toEqual([third, second, first]);
      const database = await openRawDatabase(opened.url);
      await database.run(
        `update activities set ${change} where tenant = '${tenant}' and id = '${second.id}'`,
      );
      await database.close();
      const damaged = { tenant, id: second.id, type: 'activity.damaged', reason: 'damaged' };
      expect(await activities.find(tenant, second.id)).toMatchObject(damaged);
      for (const filter of [{}, { issuer: second.issuer ?? '' }]) {
        const { items } = await activities.list(tenant, filter, everything);
        expect(items).toEqual([third, expect.objectContaining(damaged), first]);
        for (const { time } of items) expect(() => new Date(time).toISOString()).not.toThrow();
      }
    });
  });

  it('pages newest first, each line once, steady while others arrive', async () => {
    const tenant = 'paging';
    const made = Array.from({ length: 5 }, (_, index) => bare({ tenant, subject: String(index) }));
    for (const activity of made) {
      await opened.storage.activities.append([activity]);
    }
    const seen: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const page = await opened.storage.activities.list(tenant, {}, { limit: 2, cursor });
      seen.push(...page.items.map((item) => item.subject));
      cursor = page.nextCursor;
      await opened.storage.activities.append([bare({ tenant, subject: 'late' })]);
    } while (cursor !== null);
    expect(seen).toEqual(['4', '3', '2', '1', '0']);
  });

  it.each(['', 'x', Buffer.from('teams:1').toString('base64url'), '\0', "' or 1=1 --"])(
    'A117 a cursor nobody made is an InvalidCursor: %j',
    async (cursor) => {
      await expect(opened.storage.activities.list('acme', {}, { limit: 5, cursor })).rejects.toBeInstanceOf(
        InvalidCursor,
      );
    },
  );

  describe('filters', () => {
    const tenant = 'filters';
    const jti = randomUUID();
    const lines = [
      bare({ tenant, subject: 'zero', time: sampleTime }),
      bare({ tenant, subject: 'one', time: sampleTime + 1, type: 'token.jwt-bearer' }),
      bare({ tenant, subject: 'two', time: sampleTime + 2, outcome: 'issued', reason: 'issued', jti }),
      bare({ tenant, subject: 'three', time: sampleTime + 3, account: { id: 'account-3', name: 'c' } }),
      bare({ tenant, subject: 'four', time: sampleTime + 4, issuer: 'https://four.example' }),
      bare({ tenant, subject: 'FIVE%', time: sampleTime + 5, reason: 'key_unknown' }),
    ];
    beforeAll(() => opened.storage.activities.append(lines));

    const all = ['FIVE%', 'four', 'three', 'two', 'one', 'zero'];
    it.each([
      [{}, all],
      [{ from: sampleTime + 4 }, ['FIVE%', 'four']],
      [{ to: sampleTime + 2 }, ['one', 'zero']],
      [{ from: sampleTime + 1, to: sampleTime + 3 }, ['two', 'one']],
      [{ from: sampleTime + 1, to: sampleTime + 1 }, []],
      [{ type: 'token.jwt-bearer' }, ['one']],
      [{ outcome: 'issued' }, ['two']],
      [{ outcome: 'changed' }, []],
      [{ reason: 'key_unknown' }, ['FIVE%']],
      [{ account: 'account-3' }, ['three']],
      [{ account: 'c' }, []],
      [{ issuer: 'https://four.example' }, ['four']],
      [{ issuer: 'https://four.example/' }, []],
      [{ subject: 'one' }, ['one']],
      [{ subject: 'five%' }, []],
      [{ subject: '%' }, []],
      [{ subject: "' or 1=1 --" }, []],
      [{ jti }, ['two']],
      [{ jti: jti.toUpperCase() }, []],
      [{ outcome: 'refused', reason: 'expired', from: sampleTime + 3 }, ['four', 'three']],
      [{ outcome: 'issued', subject: 'one' }, []],
    ] as [ActivityFilter, string[]][])(
      'A117 %j narrows to what matches exactly',
      async (filter, subjects) => {
        const { items } = await opened.storage.activities.list(tenant, filter, everything);
        expect(items.map((item) => item.subject)).toEqual(subjects);
      },
    );

    it('pages within a filter', async () => {
      const filter: ActivityFilter = { outcome: 'refused' };
      const first = await opened.storage.activities.list(tenant, filter, { limit: 3, cursor: null });
      const rest = await opened.storage.activities.list(tenant, filter, {
        limit: 3,
        cursor: first.nextCursor,
      });
      expect([...first.items, ...rest.items].map((item) => item.subject)).toEqual(
        all.filter((subject) => subject !== 'two'),
      );
      expect(rest.nextCursor).toBeNull();
    });
  });

  describe('what strangers send', () => {
    const hostile = `a\0b\uD800c${'😀'.repeat(3000)}`;

    it('A34 A118 is kept without NUL, lone surrogates and beyond bounds, in every member', async () => {
      const activity: Activity = {
        tenant: 'acme',
        id: randomUUID(),
        time: sampleTime + 0.25,
        type: hostile,
        outcome: 'refused',
        reason: hostile,
        door: hostile,
        account: { id: hostile, name: hostile },
        actor: { id: hostile, name: hostile },
        issuer: hostile,
        subject: hostile,
        audience: hostile,
        jti: hostile,
        tokenHash: hostile,
        sourceAddress: hostile,
        checks: [{ check: hostile, expected: hostile, presented: hostile, ok: false, hint: hostile }],
        parameters: { [hostile]: hostile, scope: [hostile] },
        presented: [
          { parameter: hostile, header: { [hostile]: hostile }, claims: { sub: [hostile] }, verified: false },
        ],
        details: { [hostile]: hostile, list: [hostile], count: 1 },
      };
      await opened.storage.activities.append([activity]);
      const kept = await opened.storage.activities.find('acme', activity.id);
      const texts: string[] = [];
      JSON.stringify(kept, (name, value: unknown) => {
        texts.push(name, ...(typeof value === 'string' ? [value] : []));
        return value;
      });
      expect(texts.filter((text) => text.startsWith('a\uFFFDb\uFFFDc'))).toHaveLength(27);
      expect(texts.every((text) => text.length <= 2048 && text.isWellFormed() && !text.includes('\0'))).toBe(
        true,
      );
      expect(kept?.time).toBe(sampleTime);
    });

    it('A34 can be looked for as it came', async () => {
      const tenant = 'hostile';
      const activity = bare({
        tenant,
        type: hostile,
        account: { id: hostile, name: 'x' },
        issuer: hostile,
        subject: hostile,
        jti: hostile,
      });
      await opened.storage.activities.append([activity]);
      for (const filter of [
        { type: hostile },
        { account: hostile },
        { issuer: hostile },
        { subject: hostile },
        { jti: hostile },
      ]) {
        const { items } = await opened.storage.activities.list(tenant, filter, everything);
        expect(items.map((item) => item.id)).toEqual([activity.id]);
      }
    });

    it('A34 a line of indexed texts that PostgreSQL could not compress is kept', async () => {
      const noise = Array.from({ length: 2048 }, (_, index) =>
        String.fromCodePoint(0x4e00 + ((index * 7919) % 20000)),
      ).join('');
      const activity = bare({ account: { id: noise, name: noise }, jti: noise, type: noise, issuer: noise });
      await opened.storage.activities.append([activity]);
      expect(await opened.storage.activities.find('acme', activity.id)).toMatchObject({
        issuer: noise,
        jti: noise.slice(0, 256),
      });
    });

    it('a flood of checks is cut, and says so', async () => {
      const check = { check: 'claims.exp', expected: 'a', presented: 'b', ok: true };
      const [few, many] = [
        bare({ checks: Array.from({ length: 200 }, () => check) }),
        bare({ checks: Array.from({ length: 201 }, () => check) }),
      ];
      await opened.storage.activities.append([few, many]);
      expect((await opened.storage.activities.find('acme', few.id))?.checks).toEqual(few.checks);
      const kept = (await opened.storage.activities.find('acme', many.id))?.checks ?? [];
      expect(kept).toHaveLength(200);
      expect(kept.at(-1)).toMatchObject({ check: 'activity.checks', presented: '201 checks', ok: false });
    });

    it.each(['\0', '\uD800', "'", '%'])('A34 looking for a receipt %j finds nothing', async (id) => {
      expect(await opened.storage.activities.find('acme', id)).toBeNull();
      expect((await opened.storage.activities.list(id, {}, everything)).items).toEqual([]);
    });

    it('prototype names in details are ordinary data', async () => {
      const details = JSON.parse('{"__proto__":"x","constructor":"y"}') as NonNullable<Activity['details']>;
      const activity = bare({ details });
      await opened.storage.activities.append([activity]);
      const kept = await opened.storage.activities.find('acme', activity.id);
      expect(Object.entries(kept?.details ?? {})).toEqual(Object.entries(details));
    });
  });
});
