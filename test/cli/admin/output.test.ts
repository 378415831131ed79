import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderRecord } from '../../../src/cli/admin/render-record.ts';
import { type Column, renderTable } from '../../../src/cli/admin/render-table.ts';
import { screenOf } from '../../../src/cli/admin/style.ts';
import { shortened, visible, visibleJson, widthOf } from '../../../src/cli/admin/visible-text.ts';
import { accountItem, createAdminWorld, page, versioned, words } from './fake-admin-api.ts';

/** Everything that would act on a terminal, or turn what stands around it. */
const hostile = 'a\u001b[2J\u009b31m\u0007\r\nb\u202e\u200b\u2028\u{e0041}\ud800c';
const acting = /[\p{C}\p{Zl}\p{Zp}]/u;

const activity = {
  id: 'r-1',
  time: '2026-11-22T08:26:57.123Z',
  type: 'token',
  outcome: 'refused',
  reason: 'audience_mismatch',
  door: 'token-exchange',
  account: { id: 'a-1', name: 'deploy' },
  actor: null,
  issuer: 'https://issuer.example',
  subject: hostile,
  audience: null,
  jti: null,
  tokenHash: 'hash',
  sourceAddress: '192.0.2.1',
  checks: [
    {
      check: 'issuer.registered',
      expected: 'a registered issuer',
      presented: 'https://issuer.example',
      ok: true,
    },
    {
      check: 'audience',
      expected: 'https://sts',
      presented: hostile,
      ok: false,
      hint: 'Ask for https://sts.',
    },
  ],
  details: { count: 3, names: ['x', 'y'], nothing: null },
};

describe('what others named never acts on the terminal', () => {
  it('text: every such character is shown as its code point, and the rest is as it was', () => {
    expect(visible(hostile)).toBe(
      String.raw`a\u{1B}[2J\u{9B}31m\u{7}\u{D}\u{A}b\u{202E}\u{200B}\u{2028}\u{E0041}\u{D800}c`,
    );
    expect(visible('Größe 東京 👍')).toBe('Größe 東京 👍');
  });

  it('JSON: the same value to a parser', () => {
    const value = { [hostile]: [hostile, 'plain ü'] };
    const text = visibleJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.replaceAll('\n', '')).not.toMatch(acting);
    expect(text).toContain('plain ü');
  });

  it.each([
    ['activities list', ['activities', 'list'], { 'GET /activities': page([activity]) }],
    ['activities get', ['activities', 'get', 'r-1'], { 'GET /activities/r-1': { body: activity } }],
    ['--json', ['activities', 'get', 'r-1', '--json'], { 'GET /activities/r-1': { body: activity } }],
    [
      'accounts list',
      ['accounts', 'list'],
      { 'GET /service-accounts': page([accountItem({ name: hostile, owningTeam: hostile })], hostile) },
    ],
    [
      'accounts get',
      ['accounts', 'get', 'x'],
      { 'GET /service-accounts/x': versioned(accountItem({ name: hostile, scopes: [hostile] })) },
    ],
    [
      'accounts delete',
      ['accounts', 'delete', 'x'],
      {
        'GET /service-accounts/x': versioned(accountItem({ id: hostile })),
        [`DELETE /service-accounts/${encodeURIComponent(hostile.toWellFormed())}`]: { status: 204 },
      },
    ],
  ])('%s', async (_title, args, handlers) => {
    const world = createAdminWorld(handlers);
    await world.bureau(...args);
    expect((world.out() + world.err()).replaceAll('\n', '')).not.toMatch(acting);
    expect(world.out() + world.err()).not.toBe('');
  });
});

describe('tables', () => {
  interface Item {
    readonly id: string;
    readonly name: string;
    readonly team: string;
  }
  const columns: readonly Column<Item>[] = [
    { title: 'ID', value: ({ id }) => id },
    { title: 'NAME', value: ({ name }) => name, shrinksTo: 6 },
    { title: 'TEAM', value: ({ team }) => team, optional: true },
  ];
  const items = [
    { id: 'id-1', name: 'short', team: 'payments' },
    { id: 'id-2', name: 'a name that is long', team: 'x' },
  ];
  const table = (room: number | null) =>
    renderTable(items, columns, { style: (_tone, text) => text, columns: room });

  it('without a terminal nothing is cut', () => {
    expect(table(null)).toEqual([
      'ID    NAME                 TEAM',
      'id-1  short                payments',
      'id-2  a name that is long  x',
    ]);
  });

  it('on a narrow one names are cut first, then what is optional goes; ids stay whole', () => {
    expect(table(24)).toEqual(['ID    NAME      TEAM', 'id-1  short     payments', 'id-2  a name …  x']);
    expect(table(20)).toEqual(['ID    NAME', 'id-1  short', 'id-2  a name that i…']);
    expect(table(3)).toEqual(['ID    NAME', 'id-1  short', 'id-2  a nam…']);
  });

  it.each([...Array(60).keys()])('is never wider than %i columns where it can be', (room) => {
    const widest = Math.max(...table(room).map(widthOf));
    expect(widest).toBeLessThanOrEqual(Math.max(room, 12));
  });

  it('wide signs take two cells, marks none', () => {
    expect(widthOf('東京')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(widthOf('👍')).toBe(2);
    expect(shortened('東京都', 5)).toBe('東京…');
    expect(shortened('東京都', 4)).toBe('東…');
    expect(shortened('abc', 3)).toBe('abc');
  });

  it.each([
    ['no terminal', { isTerminal: false, environment: {} }, false],
    ['a terminal', { isTerminal: true, environment: {} }, true],
    ['NO_COLOR', { isTerminal: true, environment: { NO_COLOR: '1' } }, false],
    ['an empty NO_COLOR, which says nothing', { isTerminal: true, environment: { NO_COLOR: '' } }, true],
    ['a dumb terminal', { isTerminal: true, environment: { TERM: 'dumb' } }, false],
  ])('colour: %s', (_title, context, coloured) => {
    expect(screenOf(context, 80).style('bad', 'x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x');
    expect(screenOf(context, 80).columns).toBe(context.isTerminal ? 80 : null);
  });

  it('colour does not change widths', () => {
    const plainLines = table(24);
    const coloured = renderTable(items, columns, screenOf({ isTerminal: true, environment: {} }, 24));
    expect(coloured.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(plainLines);
  });
});

describe('lists', () => {
  const first = accountItem({ name: 'one' });
  const second = accountItem({ name: 'two', id: 'other' });

  it('filters and paging go into the query; --json is the page', async () => {
    const world = createAdminWorld({ 'GET /service-accounts': page([first], 'next') });
    await world.bureau(
      ...words('accounts list --team t --use-case u --status enabled --search s'),
      ...words('--limit 1 --cursor c --json'),
    );
    expect(world.requests[0]?.query).toEqual({
      team: 't',
      useCase: 'u',
      status: 'enabled',
      q: 's',
      limit: '1',
      cursor: 'c',
    });
    expect(JSON.parse(world.out())).toEqual({ items: [first], nextCursor: 'next' });
    expect(world.err()).toBe('');
  });

  it('--all follows nextCursor; one object with every item', async () => {
    const world = createAdminWorld({ 'GET /service-accounts': [page([first], 'next'), page([second])] });
    expect(await world.bureau('accounts', 'list', '--all', '--json', '--team', 't')).toBe(0);
    expect(JSON.parse(world.out())).toEqual({ items: [first, second], nextCursor: null });
    expect(world.requests.map(({ query }) => query)).toEqual([
      { team: 't', limit: '200' },
      { team: 't', limit: '200', cursor: 'next' },
    ]);
  });

  it('a table says on stderr that there are more, or none', async () => {
    const world = createAdminWorld({ 'GET /service-accounts': [page([first], 'next'), page([])] });
    await world.bureau('accounts', 'list');
    expect(world.out().split('\n')[1]).toMatch(/one +enabled/);
    expect(world.err()).toContain('--cursor next');
    await world.bureau('accounts', 'list');
    expect(world.err()).toContain('none');
  });

  it('every filter of activities; spans lead to the past', async () => {
    const world = createAdminWorld({ 'GET /activities': page([]) });
    const id = '11111111-1111-4111-8111-111111111111';
    await world.bureau(
      ...words('activities list --from 2h --to 2026-11-22 --type token --outcome refused'),
      ...words(`--reason r --account ${id} --issuer i --subject s --jti j --receipt x`),
    );
    expect(world.requests).toHaveLength(1);
    expect(world.requests[0]?.query).toEqual({
      from: '2026-11-21T22:00:00.000Z',
      to: '2026-11-22T00:00:00.000Z',
      type: 'token',
      outcome: 'refused',
      reason: 'r',
      account: id,
      issuer: 'i',
      subject: 's',
      jti: 'j',
      receipt: 'x',
    });
  });

  it('--account by name is looked up', async () => {
    const { id } = accountItem();
    const world = createAdminWorld({
      'GET /activities': page([]),
      'GET /service-accounts': page([accountItem()]),
      [`GET /service-accounts/${id}`]: versioned(accountItem()),
    });
    expect(await world.bureau('activities', 'list', '--account', 'deploy')).toBe(0);
    expect(world.requests.at(-1)?.query).toEqual({ account: id });
  });
});

describe('one resource', () => {
  it('a receipt: who and what, then every check with expected, presented, ok and hint', async () => {
    const world = createAdminWorld({
      'GET /activities/r-1': {
        body: {
          ...activity,
          subject: 'repo:x',
          checks: activity.checks.map((check) => ({ ...check, presented: 'p' })),
        },
      },
    });
    expect(await world.bureau('activities', 'get', 'r-1')).toBe(0);
    expect(world.out().trimEnd().split('\n')).toEqual([
      'Receipt         r-1',
      'Time            2026-11-22 08:26:57Z',
      'Outcome         refused: audience_mismatch',
      'Type            token',
      'Door            token-exchange',
      'Account         deploy (a-1)',
      'Issuer          https://issuer.example',
      'Subject         repo:x',
      'Presented hash  hash',
      'Address         192.0.2.1',
      'count           3',
      'names           x',
      '                y',
      'nothing         null',
      'ok    issuer.registered',
      '  expected   a registered issuer',
      '  presented  p',
      'FAIL  audience',
      '  expected   https://sts',
      '  presented  p',
      '  hint       Ask for https://sts.',
    ]);
  });

  it('an account with its federations', async () => {
    const federation = {
      id: 'f1',
      issuer: 'https://i',
      jwksUri: null,
      subject: null,
      subjectPattern: 'repo:*',
      audience: 'a',
      conditions: [
        { claim: 'n', equals: 1 },
        { claim: 's', oneOf: ['a', 'b'] },
        { claim: 'm', matches: 'x*' },
      ],
      cel: 'true',
      allowAdditionalAudiences: true,
    };
    const item = accountItem({ federations: [federation], capToSubjectExpiry: true, description: 'd' });
    const world = createAdminWorld({ 'GET /service-accounts/x': versioned(item) });
    await world.bureau('accounts', 'get', 'x');
    const lines = world.out().split('\n');
    for (const line of [
      'Role             -',
      'Token life       ends with the token that was presented',
      'Federation 1',
      '  Subject pattern  repo:*',
      '  Conditions       n = 1',
      '                   s in ["a","b"]',
      '                   m matches x*',
      '  CEL              true',
      '  More audiences   allowed',
    ])
      expect(lines).toContain(line);
  });

  it('an issuer that could not be fetched: its health, and exit 1', async () => {
    const health = {
      ok: false,
      source: 'discovery',
      jwksUri: null,
      keys: [{ kid: null, kty: 'RSA', alg: null, thumbprint: 't' }],
      ignored: ['x: too short'],
      fetchedAt: null,
      freshUntil: null,
      usableUntil: null,
      lastAttemptAt: '2026-11-22T00:00:00.000Z',
      lastError: 'no such host',
    };
    const issuer = { id: 'i1', issuer: 'https://i' };
    const world = createAdminWorld({
      'GET /trusted-issuers/i1': versioned(issuer),
      'POST /trusted-issuers/i1/refresh': [
        { body: health },
        { body: { ...health, ok: true, lastError: null } },
      ],
    });
    expect(await world.bureau('issuers', 'refresh', 'i1')).toBe(1);
    expect(world.out()).toMatch(/^ {2}Last fetch +no such host$/m);
    expect(world.out()).toMatch(/^ {2}Keys +t RSA$/m);
    expect(world.err()).toContain('could not be fetched');
    expect(await world.bureau('issuers', 'refresh', 'i1', '--json')).toBe(0);
  });

  it('what is empty is a dash, and several values stand below each other', () => {
    const lines = renderRecord(
      [
        {
          rows: [
            { label: 'A', value: null },
            { label: 'Long', value: ['x', ''] },
            { label: 'B', value: [] },
          ],
        },
      ],
      { style: (_tone, text) => text },
    );
    expect(lines).toEqual(['A     -', 'Long  x', '      -', 'B     -']);
  });
});
