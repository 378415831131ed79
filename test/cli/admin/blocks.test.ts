import { describe, expect, it } from 'vitest';
import { accountItem, createAdminWorld, versioned, words } from './fake-admin-api.ts';

const issuer = { id: 'i1', issuer: 'https://issuer.example' };
const block = {
  id: '5b0b3a2e-6f0e-4b43-9d0c-8d6b0d4a8b11',
  kind: 'account',
  target: { account: accountItem().id },
  name: accountItem().name,
  reason: 'taken over',
  createdBy: { id: 'a1', name: 'ann' },
  createdAt: '2026-11-22T00:00:00.000Z',
};
const path = `/blocks/${block.id}`;

const world = () =>
  createAdminWorld({
    [`GET ${path}`]: versioned(block, 1),
    'GET /blocks': { body: { items: [block], nextCursor: null } },
    'POST /blocks': ({ body }) => ({ status: 201, body: { ...block, ...body } }),
    [`DELETE ${path}`]: { status: 204 },
    [`GET /service-accounts/${accountItem().id}`]: versioned(accountItem(), 1),
    'GET /service-accounts': { body: { items: [accountItem()], nextCursor: null } },
    'GET /trusted-issuers/i1': versioned(issuer, 1),
    'GET /trusted-issuers': { body: { items: [issuer], nextCursor: null } },
  });

describe('bureau blocks', () => {
  it('list and get show what is blocked, by whom and why', async () => {
    const here = world();
    expect(await here.bureau(...words('blocks list --kind account --search taken'))).toBe(0);
    expect(here.out()).toMatch(/ID +KIND +TARGET +REASON/);
    expect(here.out()).toContain('taken over');
    expect(here.requests.at(-1)?.query).toMatchObject({ kind: 'account', q: 'taken' });
    const one = world();
    expect(await one.bureau('blocks', 'get', block.name)).toBe(0);
    expect(one.out()).toMatch(/^By +ann \(a1\)$/m);
    expect(one.out()).toMatch(new RegExp(`^account +${accountItem().id}$`, 'm'));
  });

  it.each([
    [`--account ${accountItem().name}`, { account: accountItem().id }],
    [`--account ${accountItem().id}`, { account: accountItem().id }],
    ['--federation f1', { federation: 'f1' }],
    ['--trusted-issuer https://issuer.example', { trustedIssuer: 'i1' }],
    ['--trusted-issuer i1', { trustedIssuer: 'i1' }],
    ['--issuer https://issuer.example --subject repo:a/b', { issuer: issuer.issuer, subject: 'repo:a/b' }],
    ['--issuer https://issuer.example --key-id k1', { issuer: issuer.issuer, keyId: 'k1' }],
  ])('add %s', async (flags, target) => {
    const here = world();
    const code = await here.bureau(...words(`blocks add ${flags} --force`), '--reason', 'taken over');
    expect([code, here.err()]).toEqual([0, '']);
    expect(here.requests.at(-1)).toMatchObject({ body: { target, reason: 'taken over' } });
    expect(here.requests.at(-1)?.query).toMatchObject({ force: 'true' });
    expect(here.out()).toMatch(/^Reason +taken over$/m);
  });

  it.each([
    '',
    '--issuer https://issuer.example',
    '--subject repo:a/b',
    '--key-id k1',
    '--account a --federation f',
    '--account a --issuer https://issuer.example',
    '--issuer https://issuer.example --subject a --key-id b',
  ])('add %s is misused, and nothing is sent', async (flags) => {
    const here = world();
    expect(await here.bureau(...words(`blocks add ${flags} --reason x`.replace('  ', ' ')))).toBe(2);
    expect(here.err()).toContain('say one thing to block');
    expect(here.requests).toEqual([]);
  });

  it('add without a reason is misused', async () => {
    const here = world();
    expect(await here.bureau(...words('blocks add --account a'))).toBe(2);
    expect(here.err()).toContain('--reason');
  });

  it('remove takes the version that was read, by id or name, and says why', async () => {
    for (const said of [block.id, block.name]) {
      const here = world();
      expect(await here.bureau('blocks', 'remove', said, '--reason', 'all clear')).toBe(0);
      expect(here.requests.at(-1)).toMatchObject({ method: 'DELETE', ifMatch: '"1"' });
      expect(here.requests.at(-1)?.query).toMatchObject({ reason: 'all clear' });
      expect(here.err()).toContain(`removed block ${block.id}`);
    }
    const unknown = world();
    expect(await unknown.bureau('blocks', 'remove', 'nothing')).toBe(1);
    expect(unknown.err()).toContain('no block has the id or name "nothing"');
  });
});
