import { describe, expect, it } from 'vitest';
import { accountItem, createAdminWorld, problem, versioned, words } from './fake-admin-api.ts';

const { id } = accountItem();
const path = `/service-accounts/${id}`;

/** A world in which the account is there in version 7 and every change of it is made. */
const world = (
  more: Parameters<typeof createAdminWorld>[0] = {},
  files: Readonly<Record<string, string>> = {},
) =>
  createAdminWorld(
    {
      [`GET ${path}`]: versioned(accountItem(), 7),
      [`PATCH ${path}`]: ({ body }) => versioned({ ...accountItem(), ...body }, 8),
      [`DELETE ${path}`]: { status: 204 },
      'POST /service-accounts': ({ body }) => ({
        status: 201,
        body: { ...accountItem(), ...body, federations: [] },
      }),
      'POST /trusted-issuers': ({ body }) => ({ status: 201, body }),
      ...more,
    },
    { files },
  );

describe('changes are of the version that was read (contract §5: ETag and If-Match)', () => {
  it.each([
    ['disable', 'PATCH', { status: 'disabled' }],
    ['enable', 'PATCH', { status: 'enabled' }],
    ['delete', 'DELETE', null],
  ])('%s', async (verb, method, body) => {
    const here = world();
    expect(await here.bureau('accounts', verb, id)).toBe(0);
    expect(here.requests.map((request) => request.method)).toEqual(['GET', method]);
    expect(here.requests[1]).toMatchObject({ path, ifMatch: '"7"', query: {}, body });
  });

  it('a change prints the new resource; with --json exactly as the API gave it', async () => {
    const here = world();
    expect(await here.bureau('accounts', 'disable', id, '--json')).toBe(0);
    expect(JSON.parse(here.out())).toEqual(accountItem({ status: 'disabled' }));
  });

  it('a deletion prints nothing on stdout', async () => {
    const here = world();
    expect(await here.bureau('accounts', 'delete', id)).toBe(0);
    expect([here.out(), here.err()]).toEqual(['', `bureau: deleted service account ${id}`]);
  });

  it('412: changed in the meantime, run it again; exit 1', async () => {
    const here = world({ [`PATCH ${path}`]: problem(412, 'version_stale', 'x') });
    expect(await here.bureau('accounts', 'disable', id)).toBe(1);
    expect(here.err()).toMatch(/changed in the meantime.*run it again/);
  });

  it.each(['disable', 'delete'])('%s --force says so in the query', async (verb) => {
    const here = world();
    expect(await here.bureau('accounts', verb, id, '--force')).toBe(0);
    expect(here.requests[1]?.query).toEqual({ force: 'true' });
  });

  it('409 last_administrator is told as it is', async () => {
    const here = world({ [`DELETE ${path}`]: problem(409, 'last_administrator', 'The last one.') });
    expect(await here.bureau('accounts', 'delete', id, '--force')).toBe(1);
    expect(here.err()).toBe('bureau: last_administrator: The last one.');
  });
});

describe('what create sends', () => {
  const file = { name: 'from-file', owningTeam: 'a', scopes: ['x'], federations: [{ issuer: 'https://f' }] };

  it.each([
    ['the name as argument', ['deploy'], { name: 'deploy' }],
    ['the name as option', ['--name', 'deploy'], { name: 'deploy' }],
    [
      'every plain member',
      [
        'deploy',
        ...words('--description d --team t --use-case u --role viewer'),
        ...words('--scope a --scope b --token-audience https://api --status disabled'),
        ...words('--access-token-algorithm RS256 --cap-to-subject-expiry'),
      ],
      {
        name: 'deploy',
        description: 'd',
        owningTeam: 't',
        useCase: 'u',
        scopes: ['a', 'b'],
        audiences: ['https://api'],
        role: 'viewer',
        status: 'disabled',
        accessTokenAlgorithm: 'RS256',
        capToSubjectExpiry: true,
      },
    ],
    [
      'a federation',
      [
        'deploy',
        ...words('--issuer https://i --subject s --audience a --jwks-uri https://i/k'),
        ...words('--condition owner=1 --condition ref=a=b'),
      ],
      {
        name: 'deploy',
        federations: [
          {
            issuer: 'https://i',
            subject: 's',
            audience: 'a',
            jwksUri: 'https://i/k',
            conditions: [
              { claim: 'owner', equals: '1' },
              { claim: 'ref', equals: 'a=b' },
            ],
          },
        ],
      },
    ],
    [
      'a federation without a subject, for the server to refuse',
      ['deploy', '--issuer', 'https://i', '--subject-pattern', 'p:*'],
      { name: 'deploy', federations: [{ issuer: 'https://i', subjectPattern: 'p:*' }] },
    ],
    ['a file as JSON', ['-f', 'account.json'], file],
    ['a file as YAML', ['-f', 'account.yaml'], file],
    ['stdin', ['-f', '-'], file],
    [
      'a file, and options that win over it; a federation is one more',
      ['deploy', '-f', 'account.json', '--scope', 'y', '--issuer', 'https://g'],
      {
        ...file,
        name: 'deploy',
        scopes: ['y'],
        federations: [{ issuer: 'https://f' }, { issuer: 'https://g' }],
      },
    ],
    ['members this program does not know', ['-f', 'future.json'], { name: 'x', future: { a: [1] } }],
  ])('%s', async (_title, args, body) => {
    const here = world(
      {},
      {
        'account.json': JSON.stringify(file, null, '\t'),
        'account.yaml': 'name: from-file\nowningTeam: a\nscopes: [x]\nfederations:\n  - issuer: https://f\n',
        '-': JSON.stringify(file),
        'future.json': '{"name":"x","future":{"a":[1]}}',
      },
    );
    expect([await here.bureau('accounts', 'create', ...args), here.err()]).toEqual([0, '']);
    expect(here.requests).toEqual([
      expect.objectContaining({ method: 'POST', path: '/service-accounts', body }),
    ]);
  });

  it.each([
    ['a file that is not there', ['-f', 'gone.json'], 'there is no file gone.json'],
    ['a list', ['-f', 'list.json'], 'one object'],
    ['neither JSON nor YAML', ['-f', 'broken.yaml'], 'line 3'],
    ['two documents', ['-f', 'two.yaml'], 'more than one document'],
    ['a bomb of aliases', ['-f', 'bomb.yaml'], 'too many of them'],
    ['an empty file', ['-f', 'empty.yaml'], 'one object'],
    ['two names', ['a', '--name', 'b'], 'given twice'],
    ['a condition without a value', ['a', '--condition', 'x'], 'CLAIM=VALUE'],
  ])('exit 2, nothing sent: %s', async (_title, args, said) => {
    const bomb = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x, x]'
        : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}*a${level - 1}]`,
    );
    const here = world(
      {},
      {
        'list.json': '[1]',
        'broken.yaml': 'name: x\nsecret: [hunter2\n',
        'two.yaml': 'name: x\n---\nname: y\n',
        'bomb.yaml': bomb.join('\n'),
        'empty.yaml': '',
      },
    );
    expect(await here.bureau('accounts', 'create', ...args)).toBe(2);
    expect(here.err()).toContain(said);
    expect(here.err()).not.toContain('hunter2');
    expect(here.requests).toEqual([]);
  });

  it('an issuer, with files for its keys and its CA', async () => {
    const here = world({}, { 'jwks.json': '{"keys":[]}', 'ca.pem': 'PEM' });
    await here.bureau(
      'issuers',
      'create',
      'https://i',
      ...words('--jwks jwks.json --ca ca.pem --algorithm RS256 --algorithm ES256'),
      ...words('--stale-if-error 60 --replay single-use --no-allow-access-token-type --json'),
    );
    expect(here.requests[0]?.body).toEqual({
      issuer: 'https://i',
      jwks: { keys: [] },
      caCertificates: 'PEM',
      algorithms: ['RS256', 'ES256'],
      staleIfErrorSeconds: 60,
      replay: 'single-use',
      allowAccessTokenType: false,
    });
  });

  it('SV-23 a trust domain, with the endpoint of its bundle and the profile', async () => {
    const here = world();
    const endpoint = '--bundle-endpoint-url https://s/bundle --bundle-endpoint-profile https_web';
    await here.bureau('issuers', 'create', 'spiffe://td.example', ...words(endpoint));
    expect(here.requests[0]?.body).toEqual({
      issuer: 'spiffe://td.example',
      bundleEndpointUrl: 'https://s/bundle',
      bundleEndpointProfile: 'https_web',
    });
    const other = ['--bundle-endpoint-profile', 'https_spiffe'];
    expect(await here.bureau('issuers', 'create', 'spiffe://td.example', ...other)).toBe(2);
  });
});

describe('what update sends', () => {
  it.each([
    ['what was said and nothing else', ['--description', 'new'], { description: 'new' }],
    ['an option even where it is like that already', ['--name', 'deploy'], { name: 'deploy' }],
    [
      'the default in place of what is taken away',
      ['--no-role', '--no-scope', '--no-description', '--no-token-audience', '--no-access-token-algorithm'],
      { role: null, scopes: [], description: null, audiences: [], accessTokenAlgorithm: null },
    ],
    ['a switch that is off', ['--no-cap-to-subject-expiry'], { capToSubjectExpiry: false }],
    [
      'one more federation beside those that are there',
      ['--issuer', 'https://g', '--subject', 's', '--audience', 'a'],
      {
        federations: [
          { id: 'f1', issuer: 'https://f' },
          { issuer: 'https://g', subject: 's', audience: 'a' },
        ],
      },
    ],
    [
      'of what a get gave and somebody edited, the difference alone',
      ['-f', 'edited.json'],
      { owningTeam: 'payments' },
    ],
    ['a file and an option, which wins', ['-f', 'edited.json', '--team', 'x'], { owningTeam: 'x' }],
  ])('%s', async (_title, args, body) => {
    const item = accountItem({ federations: [{ id: 'f1', issuer: 'https://f' }] });
    const here = world(
      {
        [`GET ${path}`]: versioned(item, 7),
        [`PATCH ${path}`]: (request) => versioned({ ...accountItem(), ...request.body, federations: [] }, 8),
      },
      { 'edited.json': JSON.stringify({ ...item, owningTeam: 'payments' }) },
    );
    expect([await here.bureau('accounts', 'update', id, ...args), here.err()]).toEqual([0, '']);
    expect(here.requests[1]).toMatchObject({ method: 'PATCH', ifMatch: '"7"' });
    expect(here.requests[1]?.body).toEqual(body);
  });

  it('a file that says what is there already changes nothing', async () => {
    const here = world({}, { 'same.json': JSON.stringify(accountItem()) });
    expect(await here.bureau('accounts', 'update', id, '-f', 'same.json')).toBe(0);
    expect(here.requests.map(({ method }) => method)).toEqual(['GET']);
    expect(here.err()).toContain('like that already');
  });
});
