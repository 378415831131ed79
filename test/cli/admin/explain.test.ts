import { describe, expect, it } from 'vitest';
import { createAdminWorld, problem, words } from './fake-admin-api.ts';

const check = (name: string, ok: boolean, hint?: string) => ({
  check: name,
  expected: `good ${name}`,
  presented: `came ${name}`,
  ok,
  ...(hint === undefined ? {} : { hint }),
});
const candidates = [
  {
    account: { id: 'a1', name: 'deploy' },
    federation: 'f1',
    matches: false,
    checks: [check('federation.subject', true), check('federation.audience', false, 'Send one.')],
  },
];
const refusedBody = {
  outcome: 'refused',
  reason: 'audience_mismatch',
  door: 'token-exchange',
  at: '2026-11-22T00:00:00.000Z',
  account: null,
  federation: null,
  error: { status: 400, error: 'invalid_request', error_description: 'No.' },
  granted: null,
  checks: [check('parameter.grant_type', true), ...(candidates[0]?.checks ?? [])],
  candidates,
  explanation: {
    summary: 'The audience is another one.',
    causes: [{ check: 'federation.audience', sentence: 'It names somebody else.' }],
    change: 'Ask the platform for this one.',
  },
  presented: [],
  parameters: null,
  assumed: ['key'],
};
const issuedBody = {
  ...refusedBody,
  outcome: 'issued',
  reason: 'issued',
  account: { id: 'a1', name: 'deploy' },
  federation: { id: 'f1', issuer: 'i', subject: 's', subjectPattern: null, audience: 'a' },
  error: null,
  granted: {
    scope: 'x',
    audience: 'https://api.example.com',
    expiresIn: 900,
    tokenType: 'Bearer',
    issuedTokenType: 't',
    header: {},
    claims: { sub: 'a1' },
  },
  candidates: [],
  explanation: null,
  assumed: [],
};
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

const worldOf = (body: unknown = issuedBody, files: Readonly<Record<string, string>> = {}) =>
  createAdminWorld({ 'POST /explain': { body } }, { files });

describe('bureau explain', () => {
  it('exit code 0 and the account where a token would be issued', async () => {
    const world = worldOf();
    expect(await world.bureau('explain', token)).toBe(0);
    expect(world.out()).toMatch(/^Verdict +would be issued$/m);
    expect(world.out()).toMatch(/^Account +deploy \(a1\)$/m);
    expect(world.requests.map(({ body }) => body)).toEqual([{ token }]);
    expect(world.out() + world.err()).not.toContain(token);
  });

  it('exit code 1, the verdict first, then why, the nearest candidate with what to change, then the rest', async () => {
    const world = worldOf(refusedBody);
    expect(await world.bureau('explain', token)).toBe(1);
    const lines = world
      .out()
      .split('\n')
      .map((line) => line.trim().replaceAll(/ {2,}/g, '  '));
    const order = [
      'Verdict  would be refused: audience_mismatch',
      'Because  The audience is another one.',
      'Not verified  key: taken as good',
      'Why',
      'federation.audience  It names somebody else.',
      'To do  Ask the platform for this one.',
      'Nearest candidate: account deploy, federation f1, does not match',
      '✗ federation.audience  expected  good federation.audience',
      'presented  came federation.audience',
      'change  Send one.',
      '✓ federation.subject  came federation.subject',
      'Other checks',
      '✓ parameter.grant_type  came parameter.grant_type',
    ];
    expect(order.map((line) => lines.indexOf(line))).not.toContain(-1);
    expect(order.map((line) => lines.indexOf(line))).toEqual(
      order.map((line) => lines.indexOf(line)).toSorted((one, other) => one - other),
    );
    expect(world.err()).toContain('would be refused: audience_mismatch');
    expect(world.out() + world.err()).not.toContain(token);
  });

  it('--json gives exactly what the API answers, with the same exit codes', async () => {
    for (const [body, code] of [
      [issuedBody, 0],
      [refusedBody, 1],
    ] as const) {
      const world = worldOf(body);
      expect(await world.bureau('explain', token, '--json')).toBe(code);
      expect(JSON.parse(world.out())).toEqual(body);
    }
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, object]>([
    ['from stdin', [], { '-': `${token}\n` }, { token }],
    ['from stdin, said so', ['-'], { '-': token }, { token }],
    ['from a file', words('--token-file t.jwt'), { 't.jwt': ` ${token}\n` }, { token }],
    ['claims as JSON', words('--claims c.json'), { 'c.json': '{"sub":"x"}' }, { claims: { sub: 'x' } }],
    ['claims as YAML', words('--claims c.yaml'), { 'c.yaml': 'sub: x' }, { claims: { sub: 'x' } }],
    ['a client id', [token, '--client-id', 'a1'], {}, { token, clientId: 'a1' }],
    [
      'parameters, one of them again',
      [token, ...words('--param scope=a=b --param resource=x --param resource=y --param audience=')],
      {},
      { token, parameters: { scope: ['a=b'], resource: ['x', 'y'], audience: [''] } },
    ],
    [
      'a registration that is not saved',
      [token, '--proposed', 'p.yaml'],
      { 'p.yaml': 'name: x\nid: a1' },
      { token, proposed: { name: 'x', id: 'a1' } },
    ],
    ['as of its issue', [token, '--at', 'issued'], {}, { token, at: 'issued' }],
    ['as of now', [token, '--at', 'now'], {}, { token, at: 'now' }],
    [
      'as of a moment',
      [token, '--at', '2026-11-22T00:00:00Z'],
      {},
      { token, at: '2026-11-22T00:00:00.000Z' },
    ],
  ])('%s', async (_, args, files, body) => {
    const world = worldOf(issuedBody, files);
    expect(await world.bureau('explain', ...args)).toBe(0);
    expect(world.requests.map((request) => request.body)).toEqual([body]);
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['two tokens', [token, '--token-file', 't.jwt'], { 't.jwt': token }],
    ['a token and claims', [token, '--claims', 'c.json'], { 'c.json': '{}' }],
    ['an empty stdin', [], { '-': '\n' }],
    ['no such file', ['--token-file', 'nobody'], {}],
    ['stdin twice', ['-', '--proposed', '-'], { '-': token }],
    ['a parameter without a name', [token, '--param', '=x'], {}],
    ['a parameter without a value', [token, '--param', 'scope'], {}],
    ['a moment that is none', [token, '--at', 'soon'], {}],
    ['an option nobody knows', [token, '--nope'], {}],
    ['two arguments', ['x.y.z', 'x.y.z'], {}],
  ])('exit code 2 for %s; nothing is sent', async (_, args, files) => {
    const world = worldOf(issuedBody, files);
    expect(await world.bureau('explain', ...args)).toBe(2);
    expect(world.requests).toEqual([]);
    expect(world.out() + world.err()).not.toContain(token);
  });

  it('exit code 1 with the words of the API where the request itself is refused', async () => {
    const errors = [{ path: '/proposed/name', message: 'Give a name.' }];
    const world = createAdminWorld({ 'POST /explain': problem(422, 'invalid', 'Give a name.', { errors }) });
    expect(await world.bureau('explain', token)).toBe(1);
    expect(world.err()).toContain('/proposed/name: Give a name.');
  });

  it('exit code 3 where nothing answers', async () => {
    const world = createAdminWorld({ 'POST /explain': new TypeError('fetch failed') });
    expect(await world.bureau('explain', token, '--max-wait', '0')).toBe(3);
  });

  it('warns in its help of a token on the command line', async () => {
    const world = worldOf();
    expect(await world.bureau('explain', '--help')).toBe(0);
    expect(world.out()).toContain('others on\nthe machine see what stands on a command line');
  });

  it.each([
    ['nothing', {}],
    ['numbers', { outcome: 5, reason: 5, candidates: 5, checks: 5 }],
    ['null', { outcome: null, reason: null, candidates: null, checks: null, explanation: null }],
    ['a candidate that is none', { ...issuedBody, candidates: [null] }],
    ['a check that is none', { ...refusedBody, checks: [5] }],
  ])('an answer of %s: an end, and no stack', async (_, body) => {
    for (const more of [[], ['--json']]) {
      const world = worldOf(body);
      const code = await world.bureau('explain', token, ...more);
      expect([0, 1]).toContain(code);
      expect(world.err()).not.toMatch(/internal fault|^ +at /m);
    }
  });
});
