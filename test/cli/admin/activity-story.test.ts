import { expect, it } from 'vitest';
import { createAdminWorld } from './fake-admin-api.ts';

const hostile = 'a\u001b[2J\u202eb';

const checks = [
  { check: 'token.size', expected: 'at most 16384 characters', presented: '382 characters', ok: true },
  { check: 'signature', expected: 'a good signature', presented: 'good', ok: true },
  {
    check: 'federation.candidate',
    expected: 'account deploy (a-1), federation f-1',
    presented: 'does not match',
    ok: false,
  },
];
const nearest = [
  { check: 'federation.subject', expected: 'repo:acme/app', presented: 'repo:acme/app', ok: true },
  {
    check: 'federation.audience',
    expected: 'https://sts',
    presented: 'https://github.com/acme',
    ok: false,
    hint: 'A hint.',
  },
];

const story = {
  id: 'r-1',
  time: '2026-11-22T08:26:57.123Z',
  type: 'token',
  outcome: 'refused',
  reason: 'audience_mismatch',
  door: 'token-exchange',
  account: { id: 'a-1', name: 'deploy' },
  actor: { id: 'a-1', name: 'deploy' },
  issuer: 'https://issuer.example',
  subject: 'repo:acme/app',
  audience: 'https://github.com/acme',
  jti: null,
  tokenHash: 'hash',
  sourceAddress: '192.0.2.1',
  checks: [...checks, ...nearest],
  parameters: { grant_type: 'x', scope: ['a', 'b'] },
  presented: [
    {
      parameter: 'subject_token',
      header: { alg: 'ES256', kid: 'k' },
      claims: { sub: 'repo:acme/app', exp: 1_795_348_290, odd: hostile },
      verified: true,
    },
  ],
  details: null,
  explanation: {
    summary: 'The token is meant for somebody else.',
    causes: [{ check: 'federation.audience', sentence: 'The audience is another one.' }],
    change: 'Ask for https://sts.',
  },
  candidates: [
    { account: { id: 'a-1', name: 'deploy' }, federation: 'f-1', matches: false, checks: nearest },
  ],
};

const show = async (item: object): Promise<readonly string[]> => {
  const world = createAdminWorld({ 'GET /activities/r-1': { body: item } });
  expect(await world.bureau('activities', 'show', 'r-1')).toBe(0);
  return world.out().trimEnd().split('\n');
};

it('activities show: what became of it and what to do, then what came, the candidates, and the rest', async () => {
  expect(await show(story)).toEqual([
    'Verdict  refused: audience_mismatch',
    'Because  The token is meant for somebody else.',
    'When     2026-11-22 08:26:57Z',
    'What     token, token-exchange',
    'From     192.0.2.1',
    'Account  deploy (a-1)',
    'Receipt  r-1',
    'Why',
    '  federation.audience  The audience is another one.',
    '  To do                Ask for https://sts.',
    'Token in subject_token, signature good',
    '  header  {"alg":"ES256","kid":"k"}',
    '  sub     "repo:acme/app"',
    '  exp     1795348290 (2026-11-22 11:51:30Z)',
    String.raw`  odd     "a\u001b[2J\u{202E}b"`,
    'Nearest candidate: account deploy, federation f-1, does not match',
    '  ✗ federation.audience  expected   https://sts',
    '                         presented  https://github.com/acme',
    '                         change     A hint.',
    '  ✓ federation.subject   repo:acme/app',
    'Parameters of the request',
    '  grant_type  x',
    '  scope       a',
    '              b',
    'Also good  token.size, signature (--json has all of it)',
  ]);
});

it('activities show: a change, which has no token and nothing to explain', async () => {
  const change = {
    ...story,
    type: 'service-account.create',
    outcome: 'changed',
    reason: 'created',
    door: null,
    actor: { id: 'a-2', name: 'root' },
    issuer: null,
    subject: null,
    audience: null,
    checks: [],
    parameters: null,
    presented: [],
    details: { members: ['name', 'scopes'] },
    explanation: null,
    candidates: [],
  };
  expect(await show(change)).toEqual([
    'Verdict  created',
    'When     2026-11-22 08:26:57Z',
    'What     service-account.create',
    'From     192.0.2.1',
    'Account  deploy (a-1)',
    'Actor    root (a-2)',
    'members  name',
    '         scopes',
    'Receipt  r-1',
  ]);
});

it('activities show: a token nobody verified, and one that is no JWT', async () => {
  const lines = await show({
    ...story,
    presented: [
      { parameter: 'assertion', header: { alg: 'none' }, claims: null, verified: false },
      { parameter: 'client_assertion', header: null, claims: null, verified: false },
    ],
  });
  expect(lines).toContain('Token in assertion, not verified: anybody may have written this');
  expect(lines).toContain('  claims  cannot be read');
  expect(lines).toContain('  content  none that can be read: it is no JWT');
});

it('activities show --json: the resource itself', async () => {
  const world = createAdminWorld({ 'GET /activities/r-1': { body: story } });
  expect(await world.bureau('activities', 'show', 'r-1', '--json')).toBe(0);
  expect(JSON.parse(world.out())).toEqual(story);
});
