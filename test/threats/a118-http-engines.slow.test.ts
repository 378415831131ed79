// One corpus of requests against the whole server on either database: the answers must not tell which one it is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { createPostgresDatabase, type PostgresDatabase } from '../support/postgres.ts';
import { doors, openTestBureau, registered, type TestBureau } from '../support/test-bureau.ts';

/** One request; it may keep ids for those after it. */
type Step = (bureau: TestBureau, kept: Map<string, string>) => Promise<Answer>;

const texts = [
  'plain',
  'Plain',
  'PLAIN',
  'a',
  'B',
  'b',
  'Z',
  'é',
  'e\u0301',
  'É',
  'ß',
  'ss',
  'ı',
  'İ',
  'ﬁ',
  '\u212a',
  'k',
  '_',
  '%',
  '\\',
  "'",
  '"',
  '-',
  ' ',
  'a b',
  'a  b',
  ' a',
  'a ',
  '中文',
  '😀',
  '\u200b',
  '\u00a0',
  '\ufeff',
  '\u0000',
  '\ud800',
  '\u0001',
  '\uffff',
  'x'.repeat(63),
  'x'.repeat(64),
  'x'.repeat(65),
  'x'.repeat(600),
  '10',
  '9',
  '1e3',
  'null',
  'true',
  '',
  '00000000-0000-0000-0000-000000000000',
];
const useCase = 'custom-api-integration';
const ifMatch = { 'if-match': '*' };

const admin =
  (...request: Parameters<TestBureau['admin']>): Step =>
  (bureau) =>
    bureau.admin(...request);
/** Keeps the id of what was created under a name. */
const keep =
  (name: string, step: Step): Step =>
  async (bureau, kept) => {
    const answer = await step(bureau, kept);
    if (typeof answer.body?.id === 'string') kept.set(name, answer.body.id);
    return answer;
  };

const corpus: readonly Step[] = [
  // Everything that takes a text, with every text.
  ...texts.flatMap((text, index): Step[] => {
    const value = encodeURIComponent(text.toWellFormed());
    return [
      admin('POST', '/teams', { name: text, description: text }),
      admin('POST', '/use-cases', { name: text, scopes: [text] }),
      (bureau, kept) =>
        keep(`account-${index}`, (each) =>
          each.admin('POST', '/service-accounts', {
            name: text,
            description: `about ${text}`,
            owningTeam: 'default',
            useCase,
            federations: [
              {
                issuer: bureau.issuer.issuer,
                jwksUri: bureau.issuer.jwksUri,
                subject: `sub:${text}`,
                audience: registered.audience,
              },
            ],
          }),
        )(bureau, kept),
      async (bureau) =>
        bureau.token(doors[index % 3]?.form(await bureau.goodToken({ sub: `sub:${text}` })) ?? {}),
      async (bureau) =>
        bureau.token(doors[index % 3]?.form(await bureau.goodToken({ sub: text, jti: text })) ?? {}),
      async (bureau) =>
        bureau.token({ ...doors[index % 3]?.form(await bureau.goodToken()), client_id: text.toWellFormed() }),
      async (bureau) =>
        bureau.token(doors[2]?.form(makeAssertion(ownKeyOf(bureau.credentials), { jti: text })) ?? {}),
      async (bureau) =>
        bureau.token(
          doors[1]?.form(makeAssertion(ownKeyOf(bureau.credentials), { jti: text, iss: text, sub: text })) ??
            {},
        ),
      admin('GET', `/service-accounts?q=${value}&limit=200`),
      admin('GET', `/service-accounts?team=${value}`),
      admin('GET', `/teams/${value}`),
      admin('GET', `/activities?subject=${value}`),
      admin('GET', `/activities?subject=${encodeURIComponent(`sub:${text}`.toWellFormed())}`),
      admin('PATCH', '/use-cases/custom-api-integration', { description: text }, ifMatch),
    ];
  }),
  // Orders, pages, cursors.
  ...['service-accounts', 'teams', 'use-cases', 'trusted-issuers', 'tenants'].flatMap((resource): Step[] => [
    admin('GET', `/${resource}?limit=200`),
    async (bureau) => {
      const first = await bureau.admin('GET', `/${resource}?limit=3`);
      return first.body.nextCursor === null
        ? first
        : bureau.admin('GET', `/${resource}?limit=3&cursor=${encodeURIComponent(first.body.nextCursor)}`);
    },
    admin('GET', `/${resource}?limit=0`),
    admin('GET', `/${resource}?limit=201`),
    admin('GET', `/${resource}?cursor=nonsense`),
  ]),
  // Changes and their conditions.
  (bureau) => bureau.admin('PATCH', `/service-accounts/${bureau.account.id}`, { status: 'disabled' }),
  (bureau) =>
    bureau.admin(
      'PATCH',
      `/service-accounts/${bureau.account.id}`,
      { status: 'disabled' },
      { 'if-match': '"0"' },
    ),
  (bureau) =>
    bureau.admin('PATCH', `/service-accounts/${bureau.account.id}`, { status: 'disabled' }, ifMatch),
  async (bureau) => bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {}),
  (bureau) => bureau.admin('PATCH', `/service-accounts/${bureau.account.id}`, { status: 'enabled' }, ifMatch),
  async (bureau) => bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {}),
  async (bureau) => bureau.token(doors[1]?.form(await bureau.goodToken()) ?? {}),
  async (bureau) => bureau.token(doors[2]?.form(await bureau.goodToken()) ?? {}),
  admin('POST', '/tenants', { name: 'acme' }),
  admin('POST', '/tenants', { name: 'acme' }),
  admin('POST', '/tenants', { name: 'ACME' }),
  admin('PATCH', '/tenants/acme', { status: 'disabled' }, ifMatch),
  async (bureau) => bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {}, { url: '/t/acme/token' }),
  admin('PATCH', '/tenants/default', { status: 'disabled' }, ifMatch),
  admin('DELETE', '/teams/default', undefined, ifMatch),
  admin('DELETE', `/use-cases/${useCase}`, undefined, ifMatch),
  admin(
    'PATCH',
    '/settings',
    { strictScopes: true, assertionAudiences: ['x', 'é'.normalize('NFD')] },
    ifMatch,
  ),
  admin('PATCH', '/settings', { strictScopes: true, assertionAudiences: ['x'] }, ifMatch),
  async (bureau) =>
    bureau.token(
      doors[2]?.form(makeAssertion(ownKeyOf(bureau.credentials), { aud: 'x', jti: 'once' })) ?? {},
    ),
  async (bureau) =>
    bureau.token(doors[2]?.form(makeAssertion(ownKeyOf(bureau.credentials), { jti: 'once' })) ?? {}),
  async (bureau) =>
    bureau.token(doors[2]?.form(makeAssertion(ownKeyOf(bureau.credentials), { jti: 'ONCE' })) ?? {}),
  async (bureau) => bureau.token({ ...doors[0]?.form(await bureau.goodToken()), scope: 'root' }),
  ...['refused', 'issued', 'changed', 'nonsense'].map((outcome) =>
    admin('GET', `/activities?outcome=${outcome}&limit=200`),
  ),
  admin('GET', '/activities?from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z'),
  admin('GET', '/activities?from=yesterday'),
  ...texts.map(
    (_text, index): Step =>
      async (bureau, kept) => {
        const id = kept.get(`account-${index}`) ?? 'none';
        return bureau.admin('DELETE', `/service-accounts/${id}`, undefined, ifMatch);
      },
  ),
  admin('GET', '/service-accounts?limit=200'),
  admin('GET', '/settings'),
  (bureau) => bureau.inject({ method: 'GET', url: '/readyz' }),
  (bureau) => bureau.inject({ method: 'GET', url: '/.well-known/oauth-authorization-server' }),
];

/** An answer without what differs from run to run: ids, times, tokens, keys, ports, cursors. */
const shapeOf = ({ status, headers, body }: Answer): string =>
  JSON.stringify([status, headers.get('content-type'), headers.has('etag'), headers.has('retry-after'), body])
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>')
    .replace(/-----BEGIN PRIVATE KEY-----[^"]+/g, '<key>')
    .replace(/(?<!0000)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/127\.0\.0\.1:\d+/g, '<address>')
    .replace(/"nextCursor":"[^"]+"/g, '"nextCursor":"<cursor>"')
    .replace(/(?<![\w-])[\w-]{43}(?![\w-])/g, '<thumbprint>')
    .replace(/\b1[789]\d{8}(\.\d+)?\b/g, '<seconds>')
    .replace(/, \d+ s (from now|ago)/g, ', <s> s')
    .replace(/\d+ characters/g, '<n> characters');

/** Where two shapes part, short enough to be read. */
const differenceOf = (index: number, one: string, other: string): readonly object[] => {
  if (one === other) return [];
  let at = 0;
  while (one[at] === other[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 120), at + 80);
  return [{ index, sqlite: around(one), postgres: around(other) }];
};

describe('A118 the two databases answer alike', () => {
  let bureaus: Record<'sqlite' | 'postgres', TestBureau>;
  let database: PostgresDatabase;
  beforeAll(async () => {
    database = await createPostgresDatabase();
    const strangerActivities = 100_000;
    bureaus = {
      sqlite: await openTestBureau({ configuration: { strangerActivities } }),
      postgres: await openTestBureau({ configuration: { strangerActivities, databaseUrl: database.url } }),
    };
  });
  afterAll(async () => {
    await Promise.all([bureaus.sqlite.close(), bureaus.postgres.close()]);
    await database.drop();
  });

  it('A118 over several hundred requests: status, headers, bodies and the activity behind each refusal, 0 differences', async () => {
    const replay = async (bureau: TestBureau): Promise<readonly string[]> => {
      const shapes: string[] = [];
      const kept = new Map<string, string>();
      for (const step of corpus) {
        const answer = await step(bureau, kept);
        const receipt = answer.body?.receipt as string | undefined;
        const behind =
          receipt === undefined ? '' : shapeOf(await bureau.admin('GET', `/activities/${receipt}`));
        shapes.push(`${shapeOf(answer)}${behind}`);
      }
      return shapes;
    };
    const [sqlite, postgres] = await Promise.all([replay(bureaus.sqlite), replay(bureaus.postgres)]);
    expect(sqlite.length).toBeGreaterThan(600);
    const differences = sqlite.flatMap((shape, index) => differenceOf(index, shape, postgres[index] ?? ''));
    expect(differences).toEqual([]);
    // The control: the corpus has successes and refusals of every kind, and nothing in it is a fault.
    const statuses = new Set(sqlite.map((shape) => Number(/^\[(\d{3})/.exec(shape)?.[1])));
    for (const status of [200, 201, 204, 400, 404, 409, 412, 422, 428]) expect(statuses).toContain(status);
    expect([...statuses].filter((status) => status >= 500)).toEqual([]);
  }, 120_000);
});
