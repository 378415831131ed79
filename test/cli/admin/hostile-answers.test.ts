// What answers is a server that lies, or another program: whatever it says, the command ends with a line.
import { describe, expect, it } from 'vitest';
import { type Column, renderTable } from '../../../src/cli/admin/render-table.ts';
import { accountItem, createAdminWorld, page, problem, versioned, words } from './fake-admin-api.ts';

const { id } = accountItem();
const key = { id: 'k1', kid: 'kid', status: 'enabled', algorithm: 'ES256', thumbprint: 't' };
const times = { expiresAt: null, lastUsedAt: null, createdAt: '2026-11-22T00:00:00.000Z' };
const issuer = { id: 'i1', issuer: 'https://a.example', status: 'enabled', platform: null, jwks: null };

/** A bad one in the place of one that is good. */
const spoilt: readonly (readonly [title: string, spoil: (item: object) => unknown])[] = [
  ['null', () => null],
  ['a number', () => 5],
  ['a list', () => []],
  ['an object without members', () => ({})],
  ['nothing but an id', () => ({ id })],
  ['numbers for texts', (item) => Object.fromEntries(Object.keys(item).map((name) => [name, 5]))],
  ['objects for texts', (item) => Object.fromEntries(Object.keys(item).map((name) => [name, {}]))],
  ['null for everything', (item) => Object.fromEntries(Object.keys(item).map((name) => [name, null]))],
  ['lists of null', (item) => Object.fromEntries(Object.keys(item).map((name) => [name, [null]]))],
];

const commands: readonly (readonly [line: string, route: string, item: object])[] = [
  ['accounts list', 'GET /service-accounts', accountItem()],
  ['accounts list --all', 'GET /service-accounts', accountItem()],
  [`keys list ${id}`, `GET /service-accounts/${id}/keys`, { ...key, ...times }],
  ['issuers list', 'GET /trusted-issuers', issuer],
  [
    'activities list',
    'GET /activities',
    { id: 'r', time: '', outcome: 'refused', reason: 'x', type: 'token' },
  ],
];

/** Runs a command whose one route answers as it is told; how it ended. */
const run = async (line: string, route: string, answer: ReturnType<typeof page>) => {
  const world = createAdminWorld({
    [`GET /service-accounts/${id}`]: versioned(accountItem()),
    [route]: answer,
  });
  const code = await world.bureau(...words(line));
  return { code, err: world.err() };
};

/** Done, or refused with one line; never a stack. */
const expectAnEnd = ({ code, err }: { readonly code: number | null; readonly err: string }): void => {
  expect(err).not.toMatch(/internal fault|^ +at /m);
  if (code === 0) return;
  expect(code).toBe(1);
  expect(err).toMatch(/^bureau: .*(?:what answered is not this API|goes in a circle).*$/i);
};

describe.each(commands)('bureau %s', (line, route, item) => {
  it('control: what is good is shown', async () => {
    expect((await run(line, route, page([item]))).code).toBe(0);
  });

  it.each(spoilt)('its items are %s: an end, and no stack', async (_title, spoil) => {
    expectAnEnd(await run(line, route, page([spoil(item)])));
    expectAnEnd(await run(`${line} --json`, route, page([spoil(item)])));
  });

  it.each([5, {}, [], true, ''])('its cursor is %j', async (nextCursor) => {
    expectAnEnd(await run(line, route, { body: { items: [], nextCursor } }));
  });

  it.each([null, {}, 'x', 5, [[null]]])('its items are %j', async (items) => {
    expectAnEnd(await run(line, route, { body: { items, nextCursor: null } }));
  });
});

describe.each([
  ['accounts get', `/service-accounts/${id}`, accountItem({ federations: [{ conditions: [] }] })],
  ['issuers get', `/trusted-issuers/${id}`, issuer],
  ['activities get', `/activities/${id}`, { id, account: {}, checks: [{}], details: {} }],
  ['activities show', `/activities/${id}`, { id, account: {}, checks: [{}], details: {} }],
])('bureau %s', (line, path, item) => {
  it.each(spoilt)('%s in place of it: an end, and no stack', async (_title, spoil) => {
    const world = createAdminWorld({ [`GET ${path}`]: versioned(spoil(item)) });
    const code = await world.bureau(...words(line), id);
    expectAnEnd({ code, err: world.err() });
  });
});

describe('what is done next is done to nothing but an id', () => {
  it.each([
    ['accounts delete', 'DELETE'],
    ['accounts disable', 'PATCH'],
    ['accounts update --description x', 'PATCH'],
    ['keys generate --algorithm ES256 --json', 'POST'],
  ])('bureau %s: where the account has none, nothing is sent', async (line, method) => {
    for (const bad of [undefined, null, '', 5, {}]) {
      const world = createAdminWorld({
        [`GET /service-accounts/${id}`]: versioned({ ...accountItem(), id: bad }),
      });
      const code = await world.bureau(...words(line), id);
      expectAnEnd({ code, err: world.err() });
      expect(code).toBe(1);
      expect(world.requests.filter((request) => request.method === method)).toEqual([]);
    }
  });
});

it('a list without end ends, although no cursor comes twice', async () => {
  let count = 0;
  const world = createAdminWorld({ 'GET /activities': () => page([], `c${++count}`) });
  expect(await world.bureau('activities', 'list', '--all')).toBe(1);
  expect(world.err()).toBe('bureau: the list of the server has no end: 10000 pages so far');
});

it('more items than a call takes arguments are no fault', async () => {
  const items = Array.from({ length: 200_000 }, () => ({}));
  const world = createAdminWorld({ 'GET /service-accounts': page(items) });
  expect(await world.bureau('accounts', 'list', '--all', '--json')).toBe(0);
  const number: Column<object> = { title: 'N', value: () => '1' };
  expect(renderTable(items, [number], { style: (_tone, text) => text, columns: null })).toHaveLength(200_001);
});

it('problem details of other types are a refusal in our words', async () => {
  for (const more of [{ errors: [null, 5, {}] }, { errors: { path: 1 } }, { code: 5, detail: {} }]) {
    const world = createAdminWorld({ 'GET /activities': problem(422, 'invalid', 'No.', more) });
    expect(await world.bureau('activities', 'list')).toBe(1);
    expect(world.err()).not.toContain('internal fault');
  }
});

it('what labels a line is shown without what a terminal obeys', async () => {
  const details = { 'a\u001b[2J': 'x' };
  const item = { id, time: '', outcome: 'changed', reason: '', type: '', checks: [], details };
  const whole = {
    ...item,
    door: null,
    account: null,
    actor: null,
    issuer: null,
    subject: null,
    audience: null,
  };
  const body = { ...whole, jti: null, tokenHash: null, sourceAddress: null };
  const world = createAdminWorld({ [`GET /activities/${id}`]: versioned(body) });
  expect(await world.bureau('activities', 'get', id)).toBe(0);
  expect(world.out()).toContain(String.raw`a\u{1B}[2J`);
  expect(world.out()).not.toContain('\u001b');
});
