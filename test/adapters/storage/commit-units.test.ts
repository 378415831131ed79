import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitAnswer, CommitUnit } from '../../../src/adapters/storage/sqlite/commit-protocol.ts';
import { commitUnits } from '../../../src/adapters/storage/sqlite/commit-units.ts';
import type { Bindable } from '../../../src/adapters/storage/sqlite/bindable.ts';
import type { StatementResult } from '../../../src/adapters/storage/sqlite/protocol.ts';
import { activityColumns } from '../../../src/adapters/storage/stores/activity-columns.ts';

const hashText = (text: string): string => hash('sha256', text, 'base64url');

let database: DatabaseSync;
let statements: string[];
beforeEach(() => {
  database = new DatabaseSync(':memory:');
  database.exec(`
    create table activities (seq integer primary key, ${activityColumns.join(', ')});
    create unique index activities_once on activities (tenant, time, id);
    create table activity_chains (tenant, writer, number integer, hash);
    create table used_jtis (fingerprint text primary key, until integer not null check (until > 0));
    insert into activity_chains values ('acme', 'w', 3, 'end'), ('other', 'w', 0, 'start'), ('acme', 'x', 9, 'x');`);
  statements = [];
});
afterEach(() => database.close());

const run = (sql: string, parameters: readonly Bindable[]): StatementResult => {
  statements.push(sql.trim().split(/\s/).slice(0, 2).join(' '));
  const statement = database.prepare(sql);
  return statement.columns().length > 0
    ? { rows: statement.all(...parameters), changes: 0 }
    : { rows: [], changes: Number(statement.run(...parameters).changes) };
};
const commit = (...units: readonly CommitUnit[]) => commitUnits(database, run, units);
const row = (tenant: string, id: string): readonly Bindable[] =>
  [tenant, id, 5, 'token', 'issued', 'issued', null, null, null, null, '{}'].concat('{', `"id":"${id}"}`);
const lines = (tenant: string, ...rows: readonly (readonly Bindable[])[]): CommitUnit => ({
  write: 'lines',
  writer: 'w',
  tenants: [{ tenant, lines: rows, uses: [] }],
});
/** A line that uses up what has these fingerprints. */
const using = (
  tenant: string,
  ...rows: readonly (readonly [id: string, ...fingerprints: string[]])[]
): CommitUnit => ({
  write: 'lines',
  writer: 'w',
  tenants: [
    {
      tenant,
      lines: rows.map(([id]) => row(tenant, id)),
      uses: rows.map(([, ...fingerprints], line) => ({ line, uses: flat(fingerprints) })),
    },
  ],
});
const flat = (fingerprints: readonly string[]) => fingerprints.flatMap((fingerprint) => [fingerprint, 5]);
const uses = (...fingerprints: readonly string[]): CommitUnit => ({
  write: 'uses',
  uses: flat(fingerprints),
});
const ids = (): readonly unknown[] =>
  database
    .prepare('select id from activities order by seq')
    .all()
    .map((line) => line['id']);
const kept = (): readonly unknown[] =>
  database
    .prepare('select fingerprint from used_jtis order by 1')
    .all()
    .map((use) => use['fingerprint']);
const head = (tenant: string): unknown =>
  database.prepare(`select number, hash from activity_chains where tenant = ? and writer = 'w'`).get(tenant);
const ok = (answer: CommitAnswer) => ({ ok: true, answer });
const written = ok({ written: 'lines', spent: [] });
const spent = (...lines: readonly (readonly [line: number, use: number])[]) =>
  ok({ written: 'lines', spent: lines.map(([line, use]) => ({ tenant: 0, line, use })) });
const fresh = (...fingerprints: readonly string[]) => ok({ written: 'uses', fresh: fingerprints });

describe('what is committed together', () => {
  it('A115 lines go behind the head, each linked to the one before, and the head moves with them', () => {
    expect(commit(lines('acme', row('acme', 'a'), row('acme', 'b')))).toEqual([written]);
    const first = hashText('{"chain":{"number":4,"previous":"end","writer":"w"},"id":"a"}');
    const second = hashText(`{"chain":{"number":5,"previous":"${first}","writer":"w"},"id":"b"}`);
    const stored = database
      .prepare('select id, body, writer, number, previous, hash from activities order by seq')
      .all();
    expect(stored).toEqual([
      { id: 'a', body: '{}', writer: 'w', number: 4, previous: 'end', hash: first },
      { id: 'b', body: '{}', writer: 'w', number: 5, previous: first, hash: second },
    ]);
    expect(head('acme')).toEqual({ number: 5, hash: second });
    expect(head('other')).toEqual({ number: 0, hash: 'start' });
  });

  it('A115 a head that another process moved meanwhile is seen', () => {
    commit(lines('acme', row('acme', 'a')));
    database.exec(
      `update activity_chains set number = 70, hash = 'moved' where tenant = 'acme' and writer = 'w'`,
    );
    commit(lines('acme', row('acme', 'b')));
    expect(head('acme')).toMatchObject({ number: 71 });
    expect(database.prepare(`select previous from activities where id = 'b'`).get()).toEqual({
      previous: 'moved',
    });
  });

  it('CA-14 of what is used, what was not used before is answered', () => {
    expect(commit(uses('a', 'b'))).toEqual([fresh('a', 'b')]);
    expect(commit(uses('b', 'c'))).toEqual([fresh('c')]);
    expect(commit(uses('a'), uses('d'), uses('d'))).toEqual([fresh(), fresh('d'), fresh()]);
    expect(kept()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('CA-14 A41 a line is written with what it uses, and neither where that is spent', () => {
    expect(commit(using('acme', ['a', 'one'], ['b', 'two']))).toEqual([written]);
    const before = head('acme');
    expect(commit(using('acme', ['c', 'one']))).toEqual([spent([0, 0])]);
    expect([ids(), kept(), head('acme')]).toEqual([['a', 'b'], ['one', 'two'], before]);
    expect(commit(using('acme', ['d', 'two'], ['e', 'three'], ['f']))).toEqual([spent([0, 0])]);
    expect([ids(), kept()]).toEqual([
      ['a', 'b', 'e', 'f'],
      ['one', 'three', 'two'],
    ]);
    expect(database.prepare('select number from activities order by seq').all()).toEqual(
      [4, 5, 6, 7].map((number) => ({ number })),
    );
  });

  it('CA-14 of two with one use the first is written, in one unit, in two of one commit, or beside a use alone', () => {
    expect(commit(using('acme', ['a', 'x'], ['b', 'x']))).toEqual([spent([1, 0])]);
    expect(commit(using('acme', ['c', 'y']), using('acme', ['d', 'y']))).toEqual([written, spent([0, 0])]);
    expect(commit(using('acme', ['e', 'z']), uses('z'))).toEqual([written, fresh()]);
    expect(commit(uses('v'), using('acme', ['f', 'v']))).toEqual([fresh('v'), spent([0, 0])]);
    expect(ids()).toEqual(['a', 'c', 'e']);
  });

  it('CA-14 a line of which one use is spent uses up nothing, and the first such use is named', () => {
    commit(uses('spent'));
    expect(commit(using('acme', ['a', 'good', 'spent'], ['b', 'good'], ['c', 'twice', 'twice']))).toEqual([
      spent([0, 1], [2, 1]),
    ]);
    expect([ids(), kept()]).toEqual([['b'], ['good', 'spent']]);
    expect(commit(using('acme', ['d', 'twice']))).toEqual([written]);
  });

  it('§7 CA-14 a use is taken back with the line that cannot be written, and no other', () => {
    commit(lines('acme', row('acme', 'there')));
    expect(
      commit(using('other', ['a', 'one']), using('acme', ['there', 'two']), using('other', ['b', 'three'])),
    ).toEqual([written, ok(null), written]);
    expect(kept()).toEqual(['one', 'three']);
    expect(commit(using('other', ['c', 'two']))).toEqual([written]);
  });

  it('§7 lines and uses share one transaction', () => {
    expect(commit(lines('acme', row('acme', 'a')), uses('a'), lines('other', row('other', 'b')))).toEqual([
      written,
      fresh('a'),
      written,
    ]);
    expect(statements.filter((statement) => statement === 'commit')).toHaveLength(1);
    expect([ids(), kept()]).toEqual([['a', 'b'], ['a']]);
  });

  it.each<[string, CommitUnit, unknown]>([
    ['of a chain that has not begun', lines('nobody', row('nobody', 'x')), ok(null)],
    ['that is there already', lines('acme', row('acme', 'y'), row('acme', 'there')), ok(null)],
    ['that is twice in it', lines('acme', row('acme', 'y'), row('acme', 'y')), ok(null)],
    [
      'with a value too many',
      lines('acme', row('acme', 'y'), [5, ...row('acme', 'z')]),
      { ok: false, message: expect.any(String), resultCode: expect.any(Number) },
    ],
  ])('§7 a line %s is not written, nor what came with it, and whatever else is', (_, unit, outcome) => {
    commit(lines('acme', row('acme', 'there')));
    const before = head('acme');
    expect(commit(uses('a'), unit, lines('other', row('other', 'b')), uses('b'))).toEqual([
      fresh('a'),
      outcome,
      written,
      fresh('b'),
    ]);
    expect([ids(), kept(), head('acme')]).toEqual([['there', 'b'], ['a', 'b'], before]);
    expect(database.isTransaction).toBe(false);
  });

  it('A67 a use that cannot be kept fails, alone, and is no answer', () => {
    const bad: CommitUnit = { write: 'uses', uses: ['good', 5, 'bad', 0] };
    const outcomes = commit(bad, lines('acme', row('acme', 'a')));
    expect(outcomes).toEqual([
      { ok: false, message: expect.stringContaining('CHECK'), resultCode: expect.any(Number) },
      written,
    ]);
    expect([ids(), kept()]).toEqual([['a'], []]);
  });

  it.each([
    ['begin immediate', []],
    ['commit', []],
    ['insert into', []],
  ])('A67 where %s fails for good, all of them fail and nothing is written', (failing, expected) => {
    const failed = new Error('the disk is full');
    const broken = (sql: string, parameters: readonly Bindable[]): StatementResult => {
      if (!sql.startsWith(failing)) return run(sql, parameters);
      // As SQLite does when the disk is full.
      if (database.isTransaction) database.exec('rollback');
      throw failed;
    };
    expect(() => commitUnits(database, broken, [uses('a'), lines('acme', row('acme', 'a'))])).toThrow(failed);
    expect([ids(), kept()]).toEqual([expected, []]);
    expect(database.isTransaction).toBe(false);
    expect(commit(uses('a'))).toEqual([fresh('a')]);
  });
});
