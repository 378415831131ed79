import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTrailVerifier, type TrailReport } from '../../src/admin/verify-trail.ts';
import type { TrailFaultKind } from '../../src/core/activity/check-trail.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity } from '../support/stored-samples.ts';
import { createTestSeals, type TestSeals } from '../support/trail-seals.ts';

describe.each(storageEngines)('$engine', ({ engine, createPlace }) => {
  let opened: OpenedStorage;
  let seals: TestSeals;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
    seals = await createTestSeals();
  });
  afterAll(() => opened.remove());

  const verify = (tenant: string): Promise<TrailReport> =>
    createTrailVerifier({ storage: opened.storage, seals })(tenant);
  const append = (tenant: string, count: number, changes = {}) =>
    opened.storage.activities.append(
      Array.from({ length: count }, () => sampleActivity({ tenant, ...changes })),
    );
  const raw = async (sql: string): Promise<void> => {
    const database = await openRawDatabase(opened.url);
    try {
      await database.run(sql);
    } finally {
      await database.close();
    }
  };
  const kinds = ({ faults }: TrailReport): readonly TrailFaultKind[] => faults.map(({ kind }) => kind);

  it('A115 lines are linked one by one and in batches, alone and in transactions, and verify', async () => {
    const tenant = 'linked';
    await append(tenant, 1);
    await append(tenant, 30);
    await opened.storage.transaction((stores) =>
      stores.activities.append([sampleActivity({ tenant }), sampleActivity({ tenant })]),
    );
    await append(tenant, 1500);
    await append(tenant, 1);
    const report = await verify(tenant);
    expect(report).toMatchObject({ ok: true, checked: 1534, unlinked: 0, faults: [] });
    expect(report.heads.reduce((sum, { number }) => sum + number, 0)).toBe(1534);
  });

  it('A115 an empty trail verifies, and one tenant is not the other', async () => {
    expect(await verify('nobody')).toMatchObject({ ok: true, checked: 0, heads: [], checkpoint: null });
    await append('left', 2);
    await append('right', 3);
    expect(await verify('left')).toMatchObject({ ok: true, checked: 2 });
    expect(await verify('right')).toMatchObject({ ok: true, checked: 3 });
  });

  it('A115 a batch of several tenants, lines that are there already and lines twice in one batch leave no hole', async () => {
    const [a, b] = [sampleActivity({ tenant: 'twice-b' }), sampleActivity({ tenant: 'twice-a' })];
    await opened.storage.activities.append([a, b, a]);
    await opened.storage.activities.append([b, sampleActivity({ tenant: 'twice-a' }), a]);
    await opened.storage.activities.append([a]);
    await append('twice-b', 1);
    expect(await verify('twice-b')).toMatchObject({ ok: true, checked: 2 });
    expect(await verify('twice-a')).toMatchObject({ ok: true, checked: 2 });
  });

  it('A115 every member of a line is covered, whatever it holds', async () => {
    const tenant = 'members';
    const claims = JSON.parse(
      '{"10":1,"9":2,"__proto__":"x","a\\"b":{"a\\\\c":1e400},"é":-0,"n":1e21}',
    ) as never;
    await opened.storage.activities.append([
      sampleActivity({
        tenant,
        parameters: { grant_type: 'x', scope: ['b', 'a'] },
        presented: [{ parameter: 'subject_token', header: claims, claims, verified: false }],
        details: { 10: Number.NaN, 9: 'x', text: '\uD800\0' },
        subject: 'x'.repeat(5000),
      }),
      sampleActivity({ tenant, checks: [], details: null, account: null, actor: null, time: 0.5 }),
    ]);
    await append(tenant, 1);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 3 });
  });

  it('A115 what is rolled back leaves no trace in the chain', async () => {
    const tenant = 'rollback';
    await append(tenant, 1);
    for (const attempt of [1, 2]) {
      await expect(
        opened.storage.transaction(async (stores) => {
          await stores.activities.append([sampleActivity({ tenant })]);
          throw new Error(`undone ${attempt}`);
        }),
      ).rejects.toThrow('undone');
      await append(tenant, 1);
    }
    await expect(
      opened.storage.activities.append([
        sampleActivity({ tenant }),
        sampleActivity({ tenant, time: Number.NaN }),
      ]),
    ).rejects.toThrow();
    await append(tenant, 1);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 4 });
  });

  it('A115 two hundred appends, changes and rollbacks at once leave chains that verify', async () => {
    const tenants = ['busy-a', 'busy-b', 'busy-c'];
    const of = (index: number): string => tenants[index % 3] ?? '';
    const work = Array.from({ length: 200 }, async (_unused, index) => {
      const lines = [sampleActivity({ tenant: of(index) }), sampleActivity({ tenant: of(index + 1) })];
      if (index % 5 === 3) {
        await opened.storage.transaction((stores) => stores.activities.append(lines));
        return;
      }
      if (index % 5 === 4) {
        const undone = opened.storage.transaction(async (stores) => {
          await stores.activities.append(lines);
          throw new Error('undone');
        });
        await expect(undone).rejects.toThrow('undone');
        return;
      }
      await opened.storage.activities.append(lines);
    });
    await Promise.all(work);
    const reports = await Promise.all(tenants.map(verify));
    expect(reports.flatMap(({ faults }) => faults)).toEqual([]);
    expect(reports.reduce((sum, { checked }) => sum + checked, 0)).toBe(320);
  });

  it('A115 lines from before there were chains are counted, and allowed only before the first that has a place', async () => {
    const tenant = 'before';
    const old = (id: string): string =>
      `insert into activities (tenant, id, time, type, outcome, reason, body) values ('${tenant}', '${id}', 5, 'token', 'issued', 'issued', '{"checks":[]}')`;
    await raw(old(randomUUID()));
    expect(kinds(await verify(tenant))).toEqual(['unlinked']);
    await raw(
      `insert into unlinked_activities (tenant, lines, last_seq) select tenant, 1, seq from activities where tenant = '${tenant}'`,
    );
    await append(tenant, 2);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 3, unlinked: 1 });
    await raw(old('planted'));
    const report = await verify(tenant);
    expect(report).toMatchObject({ ok: false, unlinked: 2, faults: [{ kind: 'unlinked', id: 'planted' }] });
    await raw(`delete from activities where tenant = '${tenant}' and hash is null`);
    expect(kinds(await verify(tenant))).toEqual(['missing']);
  });

  it('A115 the chain taken away altogether is found: this tenant has no lines from before there were chains', async () => {
    const tenant = 'unchained';
    await append(tenant, 3);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 3 });
    await raw(
      `update activities set writer = null, number = null, previous = null, hash = null where tenant = '${tenant}'; delete from activity_chains where tenant = '${tenant}'; delete from activity_checkpoints where tenant = '${tenant}'`,
    );
    expect(kinds(await verify(tenant))).toEqual(['unlinked', 'unlinked', 'unlinked']);
  });

  it('A115 what is put in front of the first line is found, and listed', async () => {
    const others =
      'time, type, outcome, reason, body, writer, number, previous, hash, account_id, issuer, subject, jti';
    const columns = `tenant, id, ${others}`;
    const insert = `insert into activities (seq, ${columns}) ${engine === 'SQLite' ? '' : 'overriding system value'}`;
    const put = (tenant: string, seq: number, place: string) =>
      raw(
        `${insert} values (${seq}, '${tenant}', 'forged', 5, 'token', 'issued', 'issued', '{}', ${place}, null, null, null, null)`,
      );
    await append('front', 2);
    await put('front', -5, 'null, null, null, null');
    expect(kinds(await verify('front'))).toEqual(['unlinked']);
    await append('invented', 2);
    await put('invented', -6, `'mallory', 1, 'x', 'x'`);
    expect(kinds(await verify('invented'))).toEqual(['changed', 'repeated', 'foreign']);
    const { items } = await opened.storage.activities.list('front', {}, { limit: 10, cursor: null });
    expect(items.map(({ id }) => id)).toContain('forged');
    await append('moved', 2);
    const first = `tenant = 'moved' and number = 1`;
    await raw(
      `update activities set id = id || '-moved' where ${first}; ${insert} select -7, tenant, replace(id, '-moved', ''), ${others} from activities where ${first}; delete from activities where id like '%-moved'`,
    );
    expect(kinds(await verify('moved'))).toEqual(['repeated']);
  });

  describe('what an owner of the database does is found', () => {
    const line = (tenant: string, number: number) => `tenant = '${tenant}' and number = ${number}`;
    const copied = ['time', 'type', 'outcome', 'reason', 'body', 'writer', 'previous', 'hash'].join(', ');
    const whole = `${copied}, account_id, issuer, subject, jti`;
    it.each<[string, (tenant: string) => string, readonly TrailFaultKind[]]>([
      ['a reason', (t) => `update activities set reason = 'other' where ${line(t, 3)}`, ['changed']],
      ['a time', (t) => `update activities set time = time + 1 where ${line(t, 3)}`, ['changed']],
      [
        'a subject taken away',
        (t) => `update activities set subject = null where ${line(t, 3)}`,
        ['changed'],
      ],
      ['an id', (t) => `update activities set id = 'x' where ${line(t, 3)}`, ['changed']],
      [
        'a member in the body',
        (t) => `update activities set body = replace(body, '127.0.0.1', '127.0.0.2') where ${line(t, 3)}`,
        ['changed'],
      ],
      [
        'a member more in the body',
        (t) =>
          `update activities set body = replace(body, '{"accountName"', '{"extra":1,"accountName"') where ${line(t, 3)}`,
        ['changed'],
      ],
      ['a body that is no JSON', (t) => `update activities set body = '{' where ${line(t, 3)}`, ['changed']],
      ['a hash', (t) => `update activities set hash = 'x' where ${line(t, 3)}`, ['changed', 'broken']],
      ['a link', (t) => `update activities set previous = 'x' where ${line(t, 3)}`, ['changed', 'broken']],
      [
        'a place taken away',
        (t) =>
          `update activities set writer = null, number = null, previous = null, hash = null where ${line(t, 3)}`,
        ['unlinked', 'missing'],
      ],
      ['a line deleted', (t) => `delete from activities where ${line(t, 3)}`, ['missing']],
      ['the first line deleted', (t) => `delete from activities where ${line(t, 1)}`, ['missing']],
      ['the tail cut', (t) => `delete from activities where tenant = '${t}' and number > 4`, ['missing']],
      [
        'a line moved to the end',
        (t) =>
          `update activities set id = id || '-moved' where ${line(t, 2)};
           insert into activities (tenant, id, number, ${whole}) select tenant, replace(id, '-moved', ''), number, ${whole} from activities where ${line(t, 2)};
           delete from activities where tenant = '${t}' and id like '%-moved'`,
        ['missing', 'repeated'],
      ],
      [
        'two lines exchanged',
        (t) =>
          `update activities set number = 100 where ${line(t, 2)}; update activities set number = 2 where ${line(t, 3)}; update activities set number = 3 where ${line(t, 100)}`,
        ['changed', 'missing', 'changed', 'repeated', 'broken'],
      ],
      [
        'a line put in',
        (t) =>
          `insert into activities (tenant, id, number, ${copied}) select tenant, 'fake', number, ${copied} from activities where ${line(t, 3)}`,
        ['changed', 'repeated'],
      ],
      [
        'a line put behind the end',
        (t) =>
          `insert into activities (tenant, id, number, ${copied}) select tenant, 'fake', 7, ${copied} from activities where ${line(t, 3)}`,
        ['foreign'],
      ],
      [
        'a line of another chain',
        (t) => `update activities set writer = 'mallory' where ${line(t, 6)}`,
        ['changed', 'foreign', 'missing'],
      ],
      [
        'the head moved back',
        (t) => `update activity_chains set number = 5 where tenant = '${t}'`,
        ['foreign', 'end'],
      ],
      ['the hash of the head', (t) => `update activity_chains set hash = 'x' where tenant = '${t}'`, ['end']],
      [
        'the head gone',
        (t) => `delete from activity_chains where tenant = '${t}'`,
        ['foreign', 'foreign', 'foreign', 'foreign', 'foreign', 'foreign'],
      ],
      [
        'the beginning of a chain',
        (t) => `update activity_chains set dropped_hash = 'x' where tenant = '${t}'`,
        ['broken', 'end'],
      ],
      [
        'dropped lines that nobody signed for',
        (t) =>
          `update activity_chains set dropped_number = 2, dropped_hash = (select hash from activities where ${line(t, 2)}) where tenant = '${t}'; delete from activities where tenant = '${t}' and number <= 2`,
        ['checkpoint'],
      ],
    ])('A115 %s', async (name, tamper, expected) => {
      const tenant = `tamper-${name.replaceAll(' ', '-')}`;
      await append(tenant, 1);
      await append(tenant, 5);
      expect(await verify(tenant)).toMatchObject({ ok: true, checked: 6 });
      await raw(tamper(tenant));
      const report = await verify(tenant);
      expect(report.ok).toBe(false);
      expect(kinds(report)).toEqual(expected);
      for (const { sentence } of report.faults) expect(sentence).toMatch(/^[A-Z].*\.$/);
    });

    // Each is a lie that the members of the body, or what the hash leaves out, could cover up.
    const into = (member: string) => (t: string) =>
      `update activities set body = replace(body, '{"accountName"', '{${member},"accountName"') where ${line(t, 3)}`;
    const inPlaceOf = (from: string, to: string) => (t: string) =>
      `update activities set body = replace(body, '${from}', '${to}') where ${line(t, 3)}`;
    it.each<[string, (tenant: string) => string]>([
      ...(
        [
          ['outcome', 'text', 'refused'],
          ['type', 'text', 'other'],
          ['issuer', 'text', 'https://lie.example'],
          ['id', 'id', 'lie'],
          ['time', 'number', '1'],
          ['jti', 'text', 'lie'],
        ] as const
      ).map(([column, kind, lie]): [string, (tenant: string) => string] => {
        const truth = kind === 'number' ? `${column}` : `'"' || ${column} || '"'`;
        return [
          `a column ${column} that lies, and the truth in the body`,
          (t) =>
            `update activities set body = replace(body, '{"accountName"', '{"${column}":' || ${truth} || ',"accountName"'), ${column} = '${lie}' where ${line(t, 3)}`,
        ];
      }),
      ['checks that are null', inPlaceOf('"checks":[]', '"checks":null')],
      ['checks taken away', inPlaceOf('"checks":[],', '')],
      ['details that are a list', inPlaceOf('"details":null', '"details":[]')],
      ['parameters that are null', into('"parameters":null')],
      ['presented that is null', into('"presented":null')],
      ['a member __proto__', into('"__proto__":{"x":1}')],
      ['a member more that says nothing', into('"extra":null')],
      ['the time in the body', into('"time":"2026-11-22T00:00:00.000Z"')],
      ['a member twice', into('"door":"other"')],
      ['a space more, so that a filter finds it no longer', inPlaceOf('"door":"', '"door": "')],
      [
        'the name of an account that there is not',
        inPlaceOf('"accountName":null', '"accountName":"mallory"'),
      ],
    ])('A115 %s', async (name, tamper) => {
      const tenant = `lie-${name.replaceAll(' ', '-')}`;
      const bare = { parameters: null, presented: [], checks: [], details: null, account: null };
      await append(tenant, 5, bare);
      expect(await verify(tenant)).toMatchObject({ ok: true, checked: 5 });
      await raw(tamper(tenant));
      expect(kinds(await verify(tenant))).toContain('changed');
    });

    it('A115 a whole chain deleted with its head, unless it is the last one', async () => {
      const tenant = 'chains';
      for (const writer of ['one', 'two', 'three'])
        await raw(
          `insert into activity_chains (tenant, writer, ordinal, number, hash, dropped_number, dropped_hash) values ('${tenant}', '${writer}', ${['one', 'two', 'three'].indexOf(writer) + 1}, 0, 'x', 0, 'x')`,
        );
      const before = kinds(await verify(tenant));
      await raw(`delete from activity_chains where tenant = '${tenant}' and writer = 'two'`);
      expect(before).not.toContain('chain');
      expect(kinds(await verify(tenant))).toContain('chain');
    });

    it('a report tells the first twenty faults and counts all', async () => {
      const tenant = 'many-faults';
      await append(tenant, 50);
      await raw(`update activities set reason = 'x' where tenant = '${tenant}'`);
      const report = await verify(tenant);
      expect(report).toMatchObject({ ok: false, count: 50 });
      expect(report.faults).toHaveLength(20);
    });
  });
});
