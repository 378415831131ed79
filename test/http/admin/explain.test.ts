import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { signAssertion } from '../../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../../support/fake-issuer.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from '../../support/test-bureau.ts';

let bureau: TestBureau;
let stranger: FakeIssuer;
beforeAll(async () => {
  stranger = await createFakeIssuer();
  bureau = await openTestBureau({ allow: [`${stranger.host}:${stranger.port}`] });
});
afterAll(async () => {
  await bureau.close();
  await stranger.close();
});

type Members = Readonly<Record<string, unknown>>;
const explain = (body: Members) => bureau.admin('POST', '/explain', body);

/** Written down a while after the request they are about, so that they change by themselves: the inbox and last uses. */
const later = { table: 'inbox_entries', column: 'last_used_at' };

/** Every row of the store, but for {@link later}. */
const dump = (): string => {
  const database = new DatabaseSync(join(bureau.dataDir, 'bureau.db'), { readOnly: true });
  try {
    const tables = database
      .prepare(
        "select name from sqlite_master where type = 'table' and name not in ('liveness', ?) order by name",
      )
      .all(later.table) as { name: string }[];
    return JSON.stringify(
      tables.map(({ name }) => [name, database.prepare(`select * from "${name}"`).all()]),
      (name, value: unknown) => (name === later.column ? null : value),
    );
  } finally {
    database.close();
  }
};

const registration = (members: Members = {}, federation: Members = {}): Members => ({
  name: 'proposed',
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: ['payments:deploy'],
  audiences: ['https://proposed.example.com'],
  federations: [
    {
      issuer: bureau.issuer.issuer,
      subject: 'repo:acme/new:ref:main',
      audience: registered.audience,
      ...federation,
    },
  ],
  ...members,
});

describe('POST /explain says what /token would do', () => {
  it('a good token: account, federation, what it would say, and no token', async () => {
    const token = await bureau.goodToken();
    const explained = await explain({ token, parameters: { scope: 'certificates:read' } });
    expect(explained.status).toBe(200);
    expect(explained.body).toMatchObject({
      outcome: 'issued',
      reason: 'issued',
      door: 'token-exchange',
      account: { id: bureau.account.id, name: 'deploy-payments' },
      federation: { issuer: bureau.issuer.issuer, subject: registered.subject },
      error: null,
      explanation: null,
      granted: {
        scope: 'certificates:read',
        audience: 'https://api.example.com',
        expiresIn: 900,
        tokenType: 'Bearer',
        issuedTokenType: urn.accessToken,
        header: { alg: 'ES256', typ: 'at+jwt' },
        claims: { iss: bureau.baseIssuer, sub: bureau.account.id, scope: 'certificates:read' },
      },
      presented: [{ parameter: 'subject_token', verified: true, claims: { sub: registered.subject } }],
      assumed: [],
    });
    const text = JSON.stringify(explained.body);
    expect(text).not.toContain(token);
    for (const part of token.split('.')) expect(text).not.toContain(part);
    // Neither a token nor a signature of ours: nothing in three parts, and no long run of base64url but thumbprints.
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+/);
    expect(text).not.toMatch(/[\w-]{60,}/);
  });

  it.each(doors)(
    '$name: a bad token earns what the door says, with every check and in words',
    async ({ name, badToken, form }) => {
      const token = await bureau.goodToken({ aud: 'https://other.example.com' });
      const {
        subject_token: _subject,
        assertion: _assertion,
        client_assertion: _client,
        ...parameters
      } = form(token);
      // Both name the second in which they were asked, so they are asked at the beginning of one.
      await sleep(1000 - (Date.now() % 1000));
      const explained = await explain({ token, parameters });
      const refused = await bureau.token(form(token));
      expect(explained.body.error).toEqual({
        status: refused.status,
        error: refused.body.error,
        error_description: refused.body.error_description,
      });
      expect([name, explained.body.error.error]).toEqual([name, badToken]);
      const activity = await bureau.activity(refused.body.receipt);
      expect(explained.body).toMatchObject({
        outcome: 'refused',
        reason: 'audience_mismatch',
        door: activity.door,
        checks: activity.checks,
        candidates: activity.candidates,
        explanation: activity.explanation,
        parameters: activity.parameters,
        granted: null,
      });
    },
  );

  it('an own-key assertion goes to client credentials by itself, and works once afterwards', async () => {
    const assertion = await signAssertion(bureau.credentials);
    for (const _ of [1, 2]) {
      const explained = await explain({ token: assertion });
      expect([explained.body.outcome, explained.body.door]).toEqual(['issued', 'client-credentials-own-key']);
    }
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: urn.assertionType,
      client_assertion: assertion,
    };
    expect((await bureau.token(form)).status).toBe(200);
    expect((await explain({ token: assertion })).body.reason).toBe('replayed');
    expect((await bureau.token(form)).body.error).toBe('invalid_client');
  });

  it('clientId and parameters: those of the form, a list sends one again', async () => {
    const token = await bureau.goodToken();
    const good = await explain({ token, clientId: bureau.account.id });
    const bad = await explain({ token, clientId: 'somebody' });
    const repeated = await explain({ token, parameters: { scope: ['a', 'b'] } });
    const unknown = await explain({ token, parameters: { grant_type: 'password' } });
    expect([good, bad, repeated, unknown].map(({ body }) => body.reason)).toEqual([
      'issued',
      'client_id_mismatch',
      'parameter_repeated',
      'grant_type_unknown',
    ]);
  });

  it('candidates are shown beside the one that matches, the nearest first', async () => {
    const created = await bureau.admin('POST', '/service-accounts', registration({ name: 'neighbour' }));
    expect(created.status).toBe(201);
    const explained = await explain({ token: await bureau.goodToken() });
    expect(explained.body.candidates.map((each: Members) => [each['account'], each['matches']])).toEqual([
      [{ id: bureau.account.id, name: 'deploy-payments' }, true],
      [{ id: created.body.id, name: 'neighbour' }, false],
    ]);
    const narrowed = await explain({
      token: await bureau.goodToken(),
      parameters: { audience: 'https://no.example' },
    });
    expect([narrowed.body.reason, narrowed.body.explanation.causes.length]).toEqual([
      'target_not_allowed',
      1,
    ]);
    await bureau.admin('DELETE', `/service-accounts/${created.body.id}`, undefined, { 'if-match': '*' });
  });
});

describe('POST /explain another time', () => {
  it('an expired token is explained as of now, as of its issue and as of any moment; never by /token', async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await bureau.goodToken({ iat: now - 5000, exp: now - 4000 });
    const asOf = async (at?: string) => (await explain({ token, ...(at === undefined ? {} : { at }) })).body;
    expect((await asOf()).reason).toBe('expired');
    expect((await asOf('now')).reason).toBe('expired');
    expect(await asOf('issued')).toMatchObject({
      reason: 'issued',
      at: new Date((now - 4999) * 1000).toISOString(),
    });
    expect((await asOf(new Date((now - 4500) * 1000).toISOString())).reason).toBe('issued');
    expect((await asOf(new Date((now - 3999) * 1000).toISOString())).reason).toBe('expired');
    expect((await asOf(new Date((now - 9000) * 1000).toISOString())).reason).toBe('issued_in_the_future');
    const sent = await bureau.token({
      grant_type: urn.tokenExchange,
      subject_token: token,
      subject_token_type: urn.jwt,
      at: 'issued',
    });
    expect(sent.body.error).toBe('invalid_request');
  });

  it('what is expired shows the candidates it would have met, and says that they are assumed', async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await bureau.goodToken({ sub: 'repo:acme/other', iat: now - 5000, exp: now - 4000 });
    const { body } = await explain({ token });
    expect([body.reason, body.assumed]).toEqual(['expired', ['candidates']]);
    expect(body.checks.some(({ check }: { check: string }) => check.startsWith('federation.'))).toBe(false);
    expect(body.candidates[0]).toMatchObject({ matches: false, account: { id: bureau.account.id } });
  });

  it('whether it was used by now says nothing about then, and is named as not looked at', async () => {
    const assertion = await signAssertion(bureau.credentials);
    const sent = { client_assertion_type: urn.assertionType, client_assertion: assertion };
    expect((await bureau.token({ grant_type: 'client_credentials', ...sent })).status).toBe(200);
    expect((await explain({ token: assertion, at: 'issued' })).body).toMatchObject({
      reason: 'issued',
      assumed: ['jti'],
    });
  });
});

describe('POST /explain with claims in the place of a token', () => {
  const claims = (): Members => ({
    iss: bureau.issuer.issuer,
    sub: registered.subject,
    aud: registered.audience,
  });

  it('says what it assumed, and that nothing was verified', async () => {
    const { body } = await explain({ claims: claims() });
    expect([body.outcome, body.assumed]).toEqual(['issued', ['header', 'key', 'signature', 'iat', 'exp']]);
    for (const name of ['key', 'signature', 'header.alg'])
      expect(body.checks.find(({ check }: { check: string }) => check === name)).toMatchObject({
        presented: 'assumed, not verified',
      });
    expect(body.presented).toMatchObject([{ verified: false }]);
  });

  it.each([
    ['as an object', (members: Members): unknown => members],
    ['as a text', (members: Members): unknown => JSON.stringify(members)],
  ])('%s: the same decision as a token', async (_, write) => {
    const other = write({ ...claims(), sub: 'repo:acme/other' });
    expect((await explain({ claims: other })).body.reason).toBe('subject_not_registered');
    const times = write({ ...claims(), iat: 1_700_000_000, exp: 1_700_000_600 });
    expect((await explain({ claims: times })).body.reason).toBe('expired');
    expect((await explain({ claims: times, at: 'issued' })).body).toMatchObject({
      reason: 'issued',
      assumed: ['header', 'key', 'signature'],
    });
  });

  it('a text is read as the claims of a token are: a member twice, no JSON', async () => {
    expect((await explain({ claims: '{"iss":"a","iss":"b"}' })).body.reason).toBe('token_member_repeated');
    expect((await explain({ claims: 'sub=x' })).body.reason).toBe('token_malformed');
  });

  it('fetches no keys', async () => {
    const before = bureau.issuer.hits();
    await explain({ claims: claims() });
    expect(bureau.issuer.hits()).toBe(before);
  });

  it('of an own key, with an algorithm that the account has a key for', async () => {
    const id = bureau.credentials.serviceAccountId;
    const own = { iss: id, sub: id, aud: bureau.baseIssuer, jti: 'x' };
    expect((await explain({ claims: own })).body).toMatchObject({
      outcome: 'issued',
      door: 'client-credentials-own-key',
    });
    expect((await explain({ claims: { ...own, aud: 'https://x.example' } })).body.reason).toBe(
      'audience_mismatch',
    );
  });
});

describe('POST /explain with a registration that is not saved', () => {
  const token = () => bureau.goodToken({ sub: 'repo:acme/new:ref:main' });

  it('decides as it would once saved, and then as it is', async () => {
    expect((await explain({ token: await token() })).body.reason).toBe('subject_not_registered');
    const explained = await explain({ token: await token(), proposed: registration() });
    expect(explained.body).toMatchObject({
      outcome: 'issued',
      account: { name: 'proposed' },
      granted: { scope: 'payments:deploy', audience: 'https://proposed.example.com' },
    });
    expect((await explain({ token: await token() })).body.reason).toBe('subject_not_registered');
    const created = await bureau.admin('POST', '/service-accounts', registration());
    const real = await bureau.token(doors[0]?.form(await token()) ?? {});
    expect([created.status, real.status, real.body.scope]).toEqual([201, 200, explained.body.granted.scope]);
    await bureau.admin('DELETE', `/service-accounts/${created.body.id}`, undefined, { 'if-match': '*' });
  });

  it('an issuer nobody registered is discovered for this one request, and forgotten', async () => {
    const issuer = stranger.issuer;
    const foreign = await stranger.signToken({ sub: 'repo:acme/new:ref:main', aud: registered.audience });
    const reasonOf = async (body: Members): Promise<unknown> =>
      (await explain({ token: foreign, ...body })).body.reason;
    const proposed = registration({}, { issuer });
    expect([await reasonOf({}), stranger.hits()]).toEqual(['issuer_unknown', 0]);
    expect([await reasonOf({ proposed }), stranger.hits()]).toEqual(['issued', 2]);
    expect([await reasonOf({}), stranger.hits()]).toEqual(['issuer_unknown', 2]);
    expect([await reasonOf({ proposed }), stranger.hits()]).toEqual(['issued', 4]);
    const list = await bureau.admin('GET', '/trusted-issuers?limit=200');
    expect(list.body.items.map((item: Members) => item['issuer'])).toEqual([bureau.issuer.issuer]);
    const elsewhere = registration({}, { issuer, jwksUri: 'http://127.0.0.1:1/jwks.json' });
    const refused = await explain({ token: foreign, proposed: elsewhere });
    expect([refused.status, refused.body.errors?.[0].path]).toEqual([422, '/proposed/federations/0/jwksUri']);
  });

  it('with an id it stands in the place of that account', async () => {
    const narrower = {
      ...registration({ name: 'deploy-payments' }),
      id: bureau.account.id,
    };
    const good = { token: await bureau.goodToken() };
    expect((await explain(good)).body.reason).toBe('issued');
    expect((await explain({ ...good, proposed: narrower })).body.reason).toBe('subject_not_registered');
    expect((await explain({ token: await token(), proposed: narrower })).body.account).toEqual({
      id: bureau.account.id,
      name: 'deploy-payments',
    });
    expect((await explain({ ...good, proposed: { ...narrower, status: 'disabled' } })).body.reason).toBe(
      'subject_not_registered',
    );
    expect((await explain(good)).body.reason).toBe('issued');
  });

  it.each<[string, () => Members, number, string]>([
    ['a shape that is wrong', () => ({ ...registration(), nope: 1 }), 422, '/proposed/nope'],
    ['no such team', () => registration({ owningTeam: 'nobody' }), 422, '/proposed/owningTeam'],
    [
      'a pattern for everybody',
      () => registration({}, { subject: null, subjectPattern: '*' }),
      422,
      '/proposed/federations/0/subjectPattern',
    ],
    [
      'a key with an id',
      () => ({ ...registration(), id: bureau.account.id, key: { generate: 'ES256' } }),
      422,
      '/proposed/key',
    ],
    ['a name that is taken', () => registration({ name: 'deploy-payments' }), 409, 'already_exists'],
    [
      'a federation that is taken',
      () => registration({}, { subject: registered.subject }),
      409,
      'federation_exists',
    ],
    [
      'other keys of the issuer',
      () => registration({}, { jwksUri: `${bureau.issuer.url}/other.json` }),
      409,
      'issuer_conflict',
    ],
    ['an account of nobody', () => ({ ...registration(), id: 'nobody' }), 404, 'not_found'],
  ])('refuses %s as saving it would', async (_, proposed, status, what) => {
    const refused = await explain({ token: await token(), proposed: proposed() });
    expect([
      refused.status,
      refused.body.code === 'invalid' ? refused.body.errors[0].path : refused.body.code,
    ]).toEqual([status, what]);
    if (status === 409) {
      const saved = await bureau.admin('POST', '/service-accounts', proposed());
      expect([saved.status, saved.body.code]).toEqual([status, what]);
    }
  });

  it('an account of another tenant is none', async () => {
    expect((await bureau.admin('POST', '/tenants', { name: 'acme' })).status).toBe(201);
    const activities = await bureau.admin('GET', '/tenants/acme');
    expect(activities.status).toBe(200);
    const foreign = await bureau.inject({
      method: 'POST',
      url: '/t/acme/api/v1/explain',
      headers: { authorization: `Bearer ${await bureau.adminToken()}`, 'content-type': 'application/json' },
      payload: JSON.stringify({ token: await token() }),
    });
    expect(foreign.status).toBe(401);
  });
});

describe('POST /explain leaves nothing behind', () => {
  it('the store is the same before and after, whatever is explained', async () => {
    const assertion = await signAssertion(bureau.credentials);
    const good = await bureau.goodToken();
    await explain({ token: good });
    const requests: readonly Members[] = [
      { token: good },
      { token: assertion },
      { token: await bureau.goodToken({ sub: 'repo:x/y' }) },
      { token: 'no token' },
      { claims: { iss: bureau.issuer.issuer } },
      { token: good, proposed: registration() },
      { token: good, proposed: registration({}, { issuer: 'https://unknown.example.com' }) },
      { token: good, proposed: { ...registration({ name: 'deploy-payments' }), id: bureau.account.id } },
      { token: good, proposed: { ...registration(), key: { generate: 'ES256' } } },
    ];
    const before = dump();
    for (const request of requests) expect((await explain(request)).status).toBe(200);
    expect(dump()).toBe(before);
    // The control: a refusal of /token is a row more.
    await bureau.token({ grant_type: urn.jwtBearer, assertion: await bureau.goodToken({ sub: 'repo:x/y' }) });
    expect(dump()).not.toBe(before);
  });

  it('and no attempt is in the inbox, where a refusal of /token is', async () => {
    const tokenOf = (sub: string) => bureau.goodToken({ sub });
    await explain({ token: await tokenOf('repo:explained/only') });
    await bureau.token({ grant_type: urn.jwtBearer, assertion: await tokenOf('repo:really/sent') });
    const subjects = async (): Promise<readonly unknown[]> =>
      (await bureau.admin('GET', '/inbox?limit=200')).body.items.map((item: Members) => item['subject']);
    await vi.waitFor(async () => expect(await subjects()).toContain('repo:really/sent'), { timeout: 10_000 });
    expect(await subjects()).not.toContain('repo:explained/only');
  });

  it('asks the issuer for no more than /token does', async () => {
    const token = await bureau.goodToken({}, { kid: 'nobody-knows' });
    await bureau.token({ grant_type: urn.jwtBearer, assertion: token });
    const before = bureau.issuer.hits();
    await bureau.token({ grant_type: urn.jwtBearer, assertion: token });
    const byToken = bureau.issuer.hits() - before;
    await explain({ token });
    expect(bureau.issuer.hits() - before - byToken).toBeLessThanOrEqual(byToken);
  });
});

describe('POST /explain refuses what it cannot explain', () => {
  it.each<[string, () => Members, string]>([
    ['neither token nor claims', () => ({}), '/token'],
    ['both', () => ({ token: 'x', claims: {} }), '/token'],
    [
      'the token twice',
      () => ({ token: 'x', parameters: { subject_token: 'y' } }),
      '/parameters/subject_token',
    ],
    [
      'the token twice at another door',
      () => ({ token: 'x', parameters: { grant_type: urn.jwtBearer, assertion: 'y' } }),
      '/parameters/assertion',
    ],
    [
      'the client id twice',
      () => ({ token: 'x', clientId: 'a', parameters: { client_id: 'b' } }),
      '/parameters/client_id',
    ],
    ['a moment that is none', () => ({ token: 'x', at: 'yesterday' }), '/at'],
    ['a member nobody knows', () => ({ token: 'x', tenant: 'acme' }), '/tenant'],
    ['a parameter that is no text', () => ({ token: 'x', parameters: { scope: 7 } }), '/parameters/scope'],
  ])('%s', async (_, body, path) => {
    const refused = await explain(body());
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map((error: Members) => error['path'])).toContain(path);
  });

  it('a body that is too large, and a form that would be', async () => {
    expect((await explain({ token: 'x'.repeat(300_000) })).status).toBe(413);
    expect((await explain({ token: 'x'.repeat(70_000) })).body.reason).toBe('body_too_large');
    const swollen = await explain({ token: 'x', parameters: { filler: '%'.repeat(30_000) } });
    expect([swollen.status, swollen.body.reason]).toEqual([200, 'body_too_large']);
  });
});

describe('what the token endpoint decides on, explain leaves to the same decision', () => {
  it.each<[string, Members, string]>([
    ['a parameter without a name', { '': 'x' }, 'issued'],
    ['U+0000 in a value', { scope: 'a\0b' }, 'body_malformed'],
    ['U+0000 in a name', { 'a\0b': 'x' }, 'body_malformed'],
    ['64 KiB in one value', { scope: 'x'.repeat(65_536) }, 'body_too_large'],
    [
      '64 KiB in several',
      { a: 'x'.repeat(32_000), b: 'x'.repeat(32_000), c: 'x'.repeat(2000) },
      'body_too_large',
    ],
    ['a little less', { a: 'x'.repeat(32_000), b: 'x'.repeat(30_000) }, 'issued'],
  ])('%s', async (_what, parameters, reason) => {
    const token = await bureau.goodToken();
    const explained = await explain({ token, parameters });
    expect([explained.status, explained.body.reason]).toEqual([200, reason]);
    const form = {
      grant_type: urn.tokenExchange,
      subject_token: token,
      subject_token_type: urn.jwt,
      ...(parameters as Record<string, string>),
    };
    expect((await bureau.token(form)).status === 200).toBe(reason === 'issued');
  });

  it('SV-16 a registered iss judges its token, also where sub is the SPIFFE ID of a workload', async () => {
    const token = await bureau.goodToken({ sub: 'spiffe://nowhere.example/api' });
    const answer = await bureau.token({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: token,
    });
    const { reason } = await bureau.activity(answer.body.receipt);
    const parameters = { grant_type: 'client_credentials' };
    expect((await explain({ token, parameters })).body.reason).toBe(reason);
    expect(reason).toBe('subject_not_registered');
    // The control: where nobody registered iss, it is a JWT-SVID of its trust domain.
    const svid = await bureau.goodToken({
      iss: 'https://nobody.example',
      sub: 'spiffe://nowhere.example/api',
    });
    const explained = await explain({ token: svid, parameters });
    expect(explained.body.reason).toBe('issuer_unknown');
    expect(JSON.stringify(explained.body.parameters)).toContain('jwt-spiffe');
  });
});
