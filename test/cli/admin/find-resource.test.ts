import { describe, expect, it } from 'vitest';
import { accountItem, createAdminWorld, page, problem, versioned } from './fake-admin-api.ts';

const { id } = accountItem();
const other = '22222222-2222-4222-8222-222222222222';

describe('an account is named by its id or by a name that exactly one has', () => {
  it('by id: one request', async () => {
    const world = createAdminWorld({ [`GET /service-accounts/${id}`]: versioned(accountItem()) });
    expect(await world.bureau('accounts', 'get', id)).toBe(0);
    expect(world.requests).toHaveLength(1);
  });

  it('by name: exactly, although the list takes parts of names in any case; on every page', async () => {
    const world = createAdminWorld({
      'GET /service-accounts': [
        page(
          [accountItem({ name: 'deploy-all', id: other }), accountItem({ name: 'DEPLOY', id: other })],
          'c1',
        ),
        page([accountItem()]),
      ],
      [`GET /service-accounts/${id}`]: versioned(accountItem()),
    });
    expect(await world.bureau('accounts', 'get', 'deploy', '--json')).toBe(0);
    expect(JSON.parse(world.out())).toEqual(accountItem());
    expect(world.requests.map(({ query }) => query)).toEqual([
      {},
      { limit: '200', q: 'deploy' },
      { limit: '200', q: 'deploy', cursor: 'c1' },
      {},
    ]);
  });

  it('nobody has it: exit 1, and the name is shown without its control characters', async () => {
    const world = createAdminWorld({ 'GET /service-accounts': page([accountItem({ name: 'deploy-all' })]) });
    expect(await world.bureau('accounts', 'get', 'dep\u009bloy')).toBe(1);
    expect(world.err()).toBe(String.raw`bureau: no service account has the id or name "dep\u{9B}loy"`);
  });

  it('several have it: exit 2, with the ids to choose from', async () => {
    const world = createAdminWorld({
      'GET /service-accounts': page([accountItem(), accountItem({ id: other })]),
    });
    expect(await world.bureau('accounts', 'delete', 'deploy')).toBe(2);
    expect(world.err()).toContain(id);
    expect(world.err()).toContain(other);
    expect(world.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it.each(['', '.', '..'])('%j leads to no other path', async (name) => {
    const world = createAdminWorld({ 'GET /service-accounts': page([]) });
    expect(await world.bureau('accounts', 'delete', name)).toBe(1);
    expect(world.requests.filter(({ path }) => path !== '/service-accounts')).toEqual([]);
  });

  it('slashes, percent signs and question marks stay in their segment', async () => {
    const name = '../a?b=%2F#c';
    const world = createAdminWorld({
      [`GET /service-accounts/${encodeURIComponent(name)}`]: versioned(accountItem({ name })),
    });
    expect(await world.bureau('accounts', 'get', name)).toBe(0);
  });

  it('a name longer than an id can be is looked for in the list alone, with the part it can search', async () => {
    const name = '\u{1F680}'.repeat(100);
    const world = createAdminWorld({
      'GET /service-accounts': page([accountItem({ name })]),
      [`GET /service-accounts/${id}`]: versioned(accountItem({ name })),
    });
    expect(await world.bureau('accounts', 'get', name)).toBe(0);
    expect(world.requests[0]?.query['q']).toBe('\u{1F680}'.repeat(60));
  });

  it('a refusal other than 404 is told, and nothing is looked for', async () => {
    const world = createAdminWorld({ 'GET /service-accounts/x': problem(403, 'forbidden', 'Not for you.') });
    expect(await world.bureau('accounts', 'get', 'x')).toBe(1);
    expect(world.err()).toBe('bureau: forbidden: Not for you.');
    expect(world.requests).toHaveLength(1);
  });

  it('a list that goes in a circle ends', async () => {
    const world = createAdminWorld({ 'GET /service-accounts': page([], 'again') });
    expect(await world.bureau('accounts', 'get', 'x')).toBe(1);
    expect(world.err()).toContain('circle');
  });

  it('a key is found below its account', async () => {
    const key = {
      id: 'k1',
      kid: 'kid',
      thumbprint: 't',
      algorithm: 'ES256',
      publicKey: {},
      status: 'enabled',
      expiresAt: null,
      createdAt: '2026-11-22T00:00:00.000Z',
      lastUsedAt: null,
    };
    const world = createAdminWorld({
      'GET /service-accounts': page([accountItem()]),
      [`GET /service-accounts/${id}`]: versioned(accountItem()),
      [`GET /service-accounts/${id}/keys/kid`]: versioned(key, 3),
      [`PATCH /service-accounts/${id}/keys/k1`]: versioned({ ...key, status: 'disabled' }, 4),
    });
    expect(await world.bureau('keys', 'disable', 'deploy', 'kid', '--force')).toBe(0);
    expect(world.requests.at(-1)).toMatchObject({
      ifMatch: '"3"',
      query: { force: 'true' },
      body: { status: 'disabled' },
    });
    expect(world.out()).toMatch(/^Status +disabled$/m);
  });

  it.each([
    [256, 0],
    [257, 1],
  ])('a key is named by a kid of %i characters: exit %i', async (length, code) => {
    const kid = 'k'.repeat(length);
    const key = { id: 'k1', kid, status: 'enabled', expiresAt: null, createdAt: '', lastUsedAt: null };
    const world = createAdminWorld({
      [`GET /service-accounts/${id}`]: versioned(accountItem()),
      [`GET /service-accounts/${id}/keys/${kid}`]: versioned(key),
    });
    expect(await world.bureau('keys', 'get', id, kid, '--json')).toBe(code);
    expect(world.requests).toHaveLength(code === 0 ? 2 : 1);
  });

  it('an issuer is found by its identifier', async () => {
    const world = createAdminWorld({
      'GET /trusted-issuers': page([
        { id: 'i1', issuer: 'https://a.example' },
        { id: 'i2', issuer: 'https://a.example/b' },
      ]),
      'GET /trusted-issuers/i1': versioned({ id: 'i1', issuer: 'https://a.example' }),
      'DELETE /trusted-issuers/i1': { status: 204 },
    });
    expect(await world.bureau('issuers', 'delete', 'https://a.example')).toBe(0);
    expect(world.err()).toBe('bureau: deleted trusted issuer i1');
  });
});
