import { describe, expect, it } from 'vitest';
import { accountItem, createAdminWorld, problem, versioned, words } from './fake-admin-api.ts';

const warning = {
  code: 'recycled_name',
  path: '/federations/0/subject',
  message: 'Names of owners can be taken by others.',
};
const proposal = {
  proposal: {
    name: 'repo-acme-payments',
    description: '',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    scopes: [],
    audiences: [],
    federations: [
      {
        issuer: 'https://token.actions.githubusercontent.com',
        subject: 'repo:acme/payments:environment:production',
        audience: 'https://sts.example.com',
        conditions: [{ claim: 'repository_id', equals: '1' }],
      },
    ],
  },
  trustedIssuer: { known: false, id: null, jwksUri: 'https://keys.example.com/jwks', how: 'preset' },
  verified: false,
  verification: 'The keys could not be fetched.',
  preset: { name: 'github-actions', title: 'GitHub Actions' },
  matching: [
    { id: 'id-1', name: 'first', accepts: true },
    { id: 'id-2', name: 'second', accepts: false },
  ],
  advice: ['Ask for another audience.'],
  warnings: [warning],
  notes: ['repository_id: stays the same.'],
};
const entry = {
  id: '5b0b3a2e-6f0e-4b43-9d0c-8d6b0d4a8b11',
  issuer: 'https://issuer.example',
  subject: 'pipeline:\u001B[31mmain',
  audience: 'https://sts.example.com',
  verified: false,
  count: 12,
  firstSeen: '2026-11-22T00:00:00.000Z',
  lastSeen: '2026-11-22T01:00:00.000Z',
  lastReason: 'issuer_unknown',
  lastReceipt: 'receipt-1',
  door: 'token-exchange',
};
const token = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA';

const world = (
  more: Parameters<typeof createAdminWorld>[0] = {},
  files: Readonly<Record<string, string>> = {},
) =>
  createAdminWorld(
    {
      'POST /service-accounts:propose': { body: proposal },
      'GET /inbox': { body: { items: [entry], nextCursor: null } },
      [`GET /inbox/${entry.id}`]: versioned({ ...entry, claims: { sub: 'x', team: 'payments' } }, 1),
      [`DELETE /inbox/${entry.id}`]: { status: 204 },
      [`POST /inbox/${entry.id}/propose`]: { body: proposal },
      ...more,
    },
    {
      files: { 'token.jwt': `${token}\n`, 'claims.yaml': 'iss: https://issuer.example\nsub: x\n', ...files },
    },
  );

describe('bureau accounts propose (issue §3)', () => {
  it('prints the registration alone on stdout, and what to know about it on stderr', async () => {
    const here = world();
    expect(await here.bureau(...words('accounts propose --token token.jwt'))).toBe(0);
    expect(JSON.parse(here.out())).toEqual(proposal.proposal);
    for (const text of [
      'GitHub Actions',
      'https://keys.example.com/jwks (preset)',
      'no: The keys could not be fetched.',
      'first (id-1) takes this token already',
      'second (id-2) covers this subject already',
      'recycled_name',
      'Ask for another audience.',
      'repository_id: stays the same.',
    ])
      expect(here.err()).toContain(text);
    expect(here.out() + here.err()).not.toContain(token);
  });

  it('sends the token without its line end, and the members that are known', async () => {
    const here = world();
    const line =
      'accounts propose --token token.jwt --name n --team t --use-case u --scope a:b --token-audience x';
    expect(await here.bureau(...words(line))).toBe(0);
    expect(here.requests.at(-1)?.body).toEqual({
      token,
      name: 'n',
      owningTeam: 't',
      useCase: 'u',
      scopes: ['a:b'],
      audiences: ['x'],
    });
  });

  it('takes claims in the place of a token, and --json gives everything', async () => {
    const here = world();
    expect(await here.bureau(...words('accounts propose --claims claims.yaml --json'))).toBe(0);
    expect(here.requests.at(-1)?.body).toEqual({ claims: { iss: 'https://issuer.example', sub: 'x' } });
    expect(JSON.parse(here.out())).toEqual(proposal);
    expect(here.err()).toBe('');
  });

  it.each([
    ['accounts propose', 2],
    ['accounts propose --token token.jwt --claims claims.yaml', 2],
    ['accounts propose --token nowhere.jwt', 2],
    ['inbox propose', 2],
  ])('%s ends with %i and sends nothing', async (line, code) => {
    const here = world();
    expect(await here.bureau(...words(line))).toBe(code);
    expect(here.requests).toEqual([]);
  });

  it('the words of a refusal end with 1', async () => {
    const refused = problem(422, 'invalid', 'This is an opaque token, not a JWT.');
    const here = world({ 'POST /service-accounts:propose': refused });
    expect(await here.bureau(...words('accounts propose --token token.jwt'))).toBe(1);
    expect(here.err()).toContain('opaque token');
    expect(here.out()).toBe('');
  });
});

describe('bureau inbox (issue §3)', () => {
  it('list is a table fit for a terminal, whatever strangers wrote', async () => {
    const here = world();
    expect(await here.bureau(...words('inbox list --issuer https://issuer.example --verified false'))).toBe(
      0,
    );
    expect(here.out()).toMatch(/ID +LAST SEEN +COUNT +SUBJECT/);
    expect(here.out()).not.toContain('\u001B');
    expect(here.requests.at(-1)?.query).toMatchObject({
      issuer: 'https://issuer.example',
      verified: 'false',
    });
  });

  it('get shows how often, the last receipt, and the claims', async () => {
    const here = world();
    expect(await here.bureau('inbox', 'get', entry.id)).toBe(0);
    expect(here.out()).toMatch(/^Attempts +12$/m);
    expect(here.out()).toMatch(/^Last receipt +receipt-1$/m);
    expect(here.out()).toMatch(/team +"payments"/);
    expect(here.out()).toContain('anybody may have made this up');
  });

  it('propose prints the registration, delete takes the entry out', async () => {
    const here = world();
    expect(await here.bureau('inbox', 'propose', entry.id, '--name', 'n')).toBe(0);
    expect(here.requests.at(-1)?.body).toEqual({ name: 'n' });
    expect(JSON.parse(here.out())).toEqual(proposal.proposal);
    expect(await here.bureau('inbox', 'delete', entry.id)).toBe(0);
    expect(here.requests.at(-1)).toMatchObject({ method: 'DELETE', ifMatch: '"1"' });
  });
});

describe('warnings of a registration', () => {
  it('stand below an account, and are nothing to a server that has none', async () => {
    const { id } = accountItem();
    const shown = async (item: object): Promise<string> => {
      const here = world({ [`GET /service-accounts/${id}`]: versioned(item, 1) });
      expect(await here.bureau('accounts', 'get', id)).toBe(0);
      return here.out();
    };
    expect(await shown({ ...accountItem(), warnings: [warning] })).toMatch(
      /^Warnings\n +recycled_name +\/federations\/0\/subject: Names of owners/m,
    );
    const { warnings: _none, ...before } = { ...accountItem(), warnings: [] };
    expect(await shown(before)).not.toContain('Warnings');
  });
});
