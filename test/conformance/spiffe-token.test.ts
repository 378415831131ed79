import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type BureauProcess, startBureau } from '../support/bureau-process.ts';
import {
  createFakeIssuer,
  createFakeIssuerKey,
  type FakeIssuer,
  type FakeIssuerAlgorithm,
} from '../support/fake-issuer.ts';
import { createFakeSpire, type FakeSpire } from '../support/fake-spire.ts';
import { encodeSegment } from '../support/jws.ts';
import { type Door, doors } from '../support/test-bureau.ts';
import { expectIssued, expectRefused } from '../support/token-answers.ts';

type Members = Readonly<Record<string, unknown>>;

const audience = 'https://sts.example.com';
const now = (): number => Math.floor(Date.now() / 1000);
const [exchange, jwtBearer] = doors as [Door, Door];

/** Group J of the checklist, as far as it is about the JWT-SVIDs of others: a real process and a bundle endpoint on loopback. */
describe('JWT-SVIDs of other trust domains as third-party tokens', () => {
  let bureau: BureauProcess;
  let spire: FakeSpire;
  let other: FakeSpire;
  let oidc: FakeIssuer;
  /** Where nothing is registered at first. */
  let stranger: FakeSpire;
  let rotating: FakeSpire;

  const register = async (path: string, body: object): Promise<Answer['body']> => {
    const answer = await bureau.admin('POST', path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const account = (name: string, ...federations: readonly object[]): Promise<Answer['body']> =>
    register('/service-accounts', {
      name,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      scopes: ['certificates:read'],
      audiences: ['https://api.example.com'],
      federations,
    });
  const workload = '/ns/payments/sa/deploy';
  /** A good JWT-SVID of the registered workload, but for what is said. */
  const svid = (claims: Members = {}, header: Members = {}, from = spire): Promise<string> =>
    from.svid({ sub: spire.id(workload), aud: [audience], ...claims }, header);
  const show = (token: string, door = exchange): Promise<Answer> => bureau.token(door.form(token));
  const expectReason = async (answer: Answer, error: string, reason: string): Promise<void> => {
    expectRefused(answer, 400, error);
    const { body } = await bureau.admin('GET', `/activities/${answer.body.receipt}`);
    expect(body.reason).toBe(reason);
  };
  const refuses = async (token: string, reason: string): Promise<void> => {
    for (const door of [exchange, jwtBearer])
      await expectReason(await show(token, door), door.badToken, reason);
  };

  beforeAll(async () => {
    [spire, other, stranger, rotating, oidc] = await Promise.all([
      createFakeSpire('td-a.example'),
      createFakeSpire('td-b.example'),
      createFakeSpire('stranger.example'),
      createFakeSpire('rotating.example'),
      createFakeIssuer(),
    ]);
    const spires = [spire, other, stranger, rotating].map(({ address }) => address);
    const allow = [...spires, `${oidc.host}:${oidc.port}`].join(',');
    bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: allow } });
    await register('/trusted-issuers', spire.registration);
    await register('/trusted-issuers', other.registration);
    await account('deploy', { issuer: spire.issuer, subject: spire.id(workload), audience });
    await account('batch', { issuer: spire.issuer, subjectPattern: spire.id('/ns/batch/*'), audience });
    await account('of-b', { issuer: other.issuer, subject: other.id(workload), audience });
    await account('open', {
      issuer: spire.issuer,
      subject: spire.id('/open'),
      audience,
      allowAdditionalAudiences: true,
      conditions: [{ claim: 'env', equals: 'prod' }],
    });
    await account('by-oidc', {
      issuer: oidc.issuer,
      jwksUri: oidc.jwksUri,
      subject: spire.id(workload),
      audience,
    });
  });
  afterAll(() =>
    Promise.all([bureau.stop(), ...[spire, other, stranger, rotating, oidc].map((each) => each.close())]),
  );

  describe('SV-16 what a JWT-SVID has to show', () => {
    it.each([exchange, jwtBearer])('SV-16 one without iss and jti is good at $name', async (door) => {
      const answer = await show(await svid(), door);
      expectIssued(answer);
      const [, claims = ''] = String(answer.body.access_token).split('.');
      const { account_name } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Members;
      expect(account_name).toBe('deploy');
    });
    it('SV-16 the activity names trust domain and workload', async () => {
      expectIssued(await show(await svid()));
      const { body } = await bureau.admin('GET', '/activities?outcome=issued&limit=100');
      expect(body.items).toContainEqual(
        expect.objectContaining({
          issuer: spire.issuer,
          subject: spire.id(workload),
          audience: 'https://api.example.com',
        }),
      );
    });
    it.each([
      ['iat absent', { iat: undefined }],
      ['jti present', { jti: 'x' }],
      ['aud a string', { aud: audience }],
      ['an iss that nobody registered', { iss: 'https://spire.example' }],
      ['an iss that is no URL', { iss: 'spire-server' }],
      ['the trust domain as iss', { iss: 'spiffe://td-a.example' }],
      ['another trust domain as iss', { iss: 'spiffe://td-b.example' }],
    ])('SV-16 control: %s', async (_what, claims) => expectIssued(await show(await svid(claims))));
    it.each<[string, () => Members, string]>([
      ['no exp', () => ({ exp: undefined }), 'claim_missing'],
      ['exp past', () => ({ exp: now() - 1 }), 'expired'],
      ['no aud', () => ({ aud: undefined }), 'claim_missing'],
      ['another aud', () => ({ aud: ['https://other.example.com'] }), 'audience_mismatch'],
      ['two audiences', () => ({ aud: [audience, 'https://other.example.com'] }), 'audience_several'],
      ['a life of 7201 s', () => ({ iat: now(), exp: now() + 7201 }), 'lifetime_too_long'],
      ['7300 s left, no iat', () => ({ iat: undefined, exp: now() + 7300 }), 'expires_too_far_ahead'],
      [
        'a workload that is not registered',
        () => ({ sub: spire.id('/ns/payments/sa/other') }),
        'subject_not_registered',
      ],
      ['the trust domain alone', () => ({ sub: spire.issuer }), 'issuer_missing'],
      ['upper case', () => ({ sub: 'spiffe://TD-A.example/ns/payments/sa/deploy' }), 'issuer_missing'],
      ['no canonical path', () => ({ sub: spire.id('/ns/payments/sa/./deploy') }), 'issuer_missing'],
      ['iss a number', () => ({ iss: 5 }), 'issuer_missing'],
      ['iss empty', () => ({ iss: '' }), 'issuer_missing'],
    ])('SV-16 %s: refused at every door', async (_what, claims, reason) =>
      refuses(await svid(claims()), reason),
    );
    it('SV-16 additional audiences and conditions are as those of any federation', async () => {
      const token = (claims: Members): Promise<string> =>
        svid({ sub: spire.id('/open'), aud: [audience, 'https://other.example.com'], ...claims });
      expectIssued(await show(await token({ env: 'prod' })));
      await refuses(await token({ env: 'test' }), 'condition_unmet');
    });
    it('SV-16 the signature counts', async () => {
      const token = await svid();
      await refuses(`${token.slice(0, -8)}AAAAAAAA`, 'signature_invalid');
      const [header, , signature] = token.split('.');
      const claims = encodeSegment({ sub: spire.id('/ns/batch/x'), aud: audience, exp: now() + 60 });
      await refuses(`${header}.${claims}.${signature}`, 'signature_invalid');
    });
    it('SV-16 a client_id narrows', async () => {
      const form = exchange.form(await svid());
      await expectReason(
        await bureau.token({ ...form, client_id: 'somebody' }),
        'invalid_request',
        'client_id_mismatch',
      );
    });
  });

  describe('SV-06 the compact form alone', () => {
    it('SV-06 JSON, a JWE and two tokens are refused', async () => {
      const token = await svid();
      const [header, payload, signature] = token.split('.');
      await refuses(JSON.stringify({ protected: header, payload, signature }), 'token_malformed');
      await refuses(
        JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
        'token_malformed',
      );
      await refuses(`${header}.${payload}.${signature}.a.b`, 'token_malformed');
      await refuses(`${token} ${token}`, 'token_malformed');
      expectIssued(await show(token));
    });
  });

  describe('SV-07 RS, PS and ES, and nothing else', () => {
    it.each<FakeIssuerAlgorithm>([
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
    ])('SV-07 %s', async (algorithm) => {
      const key = await createFakeIssuerKey(algorithm);
      spire.publish([...spire.keys.map((each) => spire.entry(each)), spire.entry(key)]);
      await refresh();
      const token = await spire.svid({ sub: spire.id(workload), aud: audience }, {}, key);
      expectIssued(await show(token));
      spire.publish();
      await refresh();
    });
    it.each<FakeIssuerAlgorithm>(['Ed25519', 'EdDSA'])(
      'SV-07 not %s, although its key is in the bundle',
      async (algorithm) => {
        const key = await createFakeIssuerKey(algorithm);
        spire.publish([...spire.keys.map((each) => spire.entry(each)), spire.entry(key)]);
        await refresh();
        const token = await spire.svid({ sub: spire.id(workload), aud: audience }, {}, key);
        await refuses(token, 'token_algorithm_not_allowed');
        spire.publish();
        await refresh();
        expectIssued(await show(await svid()));
      },
    );
    it('SV-07 neither none nor HMAC nor a header that brings its key', async () => {
      const claims = encodeSegment({ sub: spire.id(workload), aud: audience, exp: now() + 60 });
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const header = { alg: 'ES256', typ: 'JWT', kid: 'x', jwk: publicKey.export({ format: 'jwk' }) };
      const input = `${encodeSegment(header)}.${claims}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      await refuses(`${input}.${signature.toString('base64url')}`, 'token_header_forbidden');
      await refuses(`${encodeSegment({ alg: 'none' })}.${claims}.AA`, 'token_algorithm_not_allowed');
      await refuses(`${encodeSegment({ alg: 'HS256' })}.${claims}.AA`, 'token_algorithm_not_allowed');
    });
  });

  /** Has the bundle of the registered trust domain read again. */
  const refresh = async (of = spire): Promise<Answer> => {
    const { body } = await bureau.admin('GET', '/trusted-issuers?limit=100');
    const { id } = body.items.find(({ issuer }: { issuer: string }) => issuer === of.issuer);
    return bureau.admin('POST', `/trusted-issuers/${id}/refresh`);
  };

  describe('SV-09 SV-26 the type of the token', () => {
    it.each([undefined, 'JWT', 'JOSE'])('SV-09 typ %s', async (typ) =>
      expectIssued(await show(await svid({}, { typ }))),
    );
    it.each(['wit+jwt', 'wpt+jwt', 'at+jwt', 'jwt-svid', 'client-authentication+jwt', ''])(
      'SV-26 typ %j is no bearer token of a workload',
      async (typ) =>
        refuses(await svid({}, { typ }), typ === '' ? 'token_malformed' : 'token_type_not_allowed'),
    );
    it('SV-26 a WIT-SVID as it would be: bound to a key, for no audience', async () => {
      const claims = { aud: undefined, cnf: { jwk: spire.keys[0]?.jwk } };
      await refuses(await svid(claims, { typ: 'wit+jwt' }), 'token_type_not_allowed');
      await refuses(await svid({ cnf: claims.cnf }), 'token_bound_to_a_key');
      const admin = await fetch(`${bureau.url}/api/v1/settings`, {
        headers: { authorization: `Bearer ${await svid(claims, { typ: 'wit+jwt' })}` },
      });
      expect(admin.status).toBe(401);
    });
    it('SV-26 a wit-svid key of the bundle signs no JWT-SVID', async () => {
      const key = await createFakeIssuerKey('ES256');
      spire.publish([...spire.keys.map((each) => spire.entry(each)), spire.entry(key, { use: 'wit-svid' })]);
      await refresh();
      await refuses(await spire.svid({ sub: spire.id(workload), aud: audience }, {}, key), 'key_unfit');
      expectIssued(await show(await svid()));
      spire.publish();
      await refresh();
    });
  });

  describe('SV-10 which key', () => {
    it('SV-10 no kid and one fitting key', async () =>
      expectIssued(await show(await svid({}, { kid: undefined }))));
    it('SV-10 no kid and two fitting keys', async () => {
      const key = await createFakeIssuerKey('ES256');
      spire.publish([...spire.keys.map((each) => spire.entry(each)), spire.entry(key)]);
      await refresh();
      await refuses(await svid({}, { kid: undefined }), 'jwks_ambiguous');
      expectIssued(await show(await svid()));
      spire.publish();
      await refresh();
    });
    it('SV-10 a kid of nobody', async () => refuses(await svid({}, { kid: 'nobody' }), 'key_unknown'));
  });

  describe('SV-17 each trust domain vouches for its own', () => {
    it('SV-17 each with its own bundle', async () => {
      expectIssued(await show(await svid()));
      expectIssued(await show(await svid({ sub: other.id(workload) }, {}, other)));
    });
    it('SV-17 a workload of td-b, signed by td-a', async () =>
      refuses(await svid({ sub: other.id(workload) }), 'key_unknown'));
    it('SV-17 the same with the kid of td-b, and without one', async () => {
      const kid = other.keys[0]?.kid;
      await refuses(await svid({ sub: other.id(workload) }, { kid }), 'signature_invalid');
      await refuses(await svid({ sub: other.id(workload) }, { kid: undefined }), 'signature_invalid');
    });
    it('SV-17 an iss that names the own trust domain does not help', async () =>
      refuses(await svid({ iss: spire.issuer, sub: other.id(workload) }), 'key_unknown'));
    it('SV-17 a trust domain as iss vouches for nothing but SPIFFE IDs', async () =>
      refuses(await svid({ iss: spire.issuer, sub: 'repo:acme/payments' }), 'issuer_unknown'));
    it('SV-17 SV-23 a trust domain nobody registered: no fetch', async () => {
      await refuses(await svid({ sub: stranger.id(workload) }, {}, stranger), 'issuer_unknown');
      expect(stranger.endpoint.hits()).toBe(0);
    });
    it('SV-17 a token whose iss is registered is judged by that issuer', async () => {
      const claims = { sub: spire.id(workload), aud: audience };
      expectIssued(await show(await oidc.signToken(claims)));
      await refuses(await svid({ iss: oidc.issuer }), 'key_unknown');
      await refuses(await oidc.signToken({ ...claims, iss: undefined }), 'key_unknown');
    });
    it('SV-17 a disabled trust domain', async () => {
      const { body } = await bureau.admin('GET', '/trusted-issuers?limit=100');
      const { id } = body.items.find(({ issuer }: { issuer: string }) => issuer === other.issuer);
      const set = async (status: string): Promise<void> => {
        const etag = (await bureau.admin('GET', `/trusted-issuers/${id}`)).headers.get('etag') ?? '';
        await bureau.admin('PATCH', `/trusted-issuers/${id}`, { status }, { 'if-match': etag });
      };
      await set('disabled');
      await refuses(await svid({ sub: other.id(workload) }, {}, other), 'issuer_disabled');
      await set('enabled');
      expectIssued(await show(await svid({ sub: other.id(workload) }, {}, other)));
    });
  });

  describe('SV-18 SV-21 SV-24 the bundle', () => {
    it('SV-18 the keys of other SVIDs and of no SVID do not count', async () => {
      const key = await createFakeIssuerKey('ES256');
      const token = await spire.svid({ sub: spire.id(workload), aud: audience }, {}, key);
      for (const use of ['x509-svid', 'sig', 'JWT-SVID', undefined]) {
        spire.publish([...spire.keys.map((each) => spire.entry(each)), { ...spire.entry(key), use }]);
        await refresh();
        await refuses(token, 'key_unfit');
      }
      spire.publish([...spire.keys.map((each) => spire.entry(each)), spire.entry(key)]);
      await refresh();
      expectIssued(await show(token));
      spire.publish();
      await refresh();
    });
    it('SV-24 rotation: a new key is found without anybody asking for it', async () => {
      await register('/trusted-issuers', rotating.registration);
      await account('rotating', { issuer: rotating.issuer, subject: rotating.id(workload), audience });
      const mint = (): Promise<string> => svid({ sub: rotating.id(workload) }, {}, rotating);
      const before = await mint();
      expectIssued(await show(before));
      await rotating.rotate();
      expectIssued(await show(await mint()));
      expectIssued(await show(before));
      await rotating.rotate({ keepOld: false });
      expectIssued(await show(await mint()));
      await refuses(before, 'key_unknown');
    });
    it('SV-21 an empty bundle ends every JWT-SVID, a later one restores them', async () => {
      const token = await svid();
      expectIssued(await show(token));
      spire.publish([]);
      const { body } = await refresh();
      expect(body).toMatchObject({ ok: false, source: 'bundle-endpoint', keys: [] });
      await refuses(token, 'key_unknown');
      spire.publish();
      expect((await refresh()).body).toMatchObject({ ok: true, jwksUri: spire.bundleEndpointUrl });
      expectIssued(await show(token));
    });
    it('SV-24 a redirect is not followed, and what was known goes on', async () => {
      const token = await svid();
      spire.endpoint.setMode('redirect');
      spire.endpoint.setRedirect(301, stranger.bundleEndpointUrl);
      expect((await refresh()).body).toMatchObject({ ok: false });
      expect(stranger.endpoint.hits()).toBe(0);
      expectIssued(await show(token));
      spire.endpoint.setMode('ok');
      expect((await refresh()).body).toMatchObject({ ok: true });
    });
    it('a bundle that cannot be had at all is no fault of the token', async () => {
      stranger.endpoint.setMode('500');
      await register('/trusted-issuers', stranger.registration);
      await account('of-stranger', { issuer: stranger.issuer, subject: stranger.id(workload), audience });
      const token = await svid({ sub: stranger.id(workload) }, {}, stranger);
      expectRefused(await show(token), 503, 'temporarily_unavailable');
      stranger.endpoint.setMode('ok');
      await refresh(stranger);
      expectIssued(await show(token));
    });
  });

  describe('SV-22 our own bundle', () => {
    it('SV-22 anybody may read it, as JSON', async () => {
      const response = await fetch(`${bureau.url}/spiffe/bundle.json`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.has('www-authenticate')).toBe(false);
      const bundle = JSON.parse(await response.text()) as { keys: { use: string }[] };
      expect(new Set(bundle.keys.map(({ use }) => use))).toEqual(new Set(['jwt-svid']));
    });
  });

  describe('A81 our own trust domain', () => {
    it('A81 SV-17 of the trust domain this tenant issues for, no JWT-SVID is taken', async () => {
      const set = async (trustDomain: string | null): Promise<void> => {
        const etag = (await bureau.admin('GET', '/settings')).headers.get('etag') ?? '';
        const done = await bureau.admin('PATCH', '/settings', { trustDomain }, { 'if-match': etag });
        expect(done.status).toBe(200);
      };
      const token = await svid();
      const own = await svid({ sub: 'spiffe://ours.example/ns/batch/job-1' });
      await refuses(own, 'issuer_unknown');
      await set('ours.example');
      expectIssued(await show(token));
      await refuses(own, 'token_of_our_own');
      const registered = await bureau.admin('POST', '/trusted-issuers', {
        ...stranger.registration,
        issuer: 'spiffe://ours.example',
      });
      expect(registered.status).toBe(422);
      expect(registered.body.errors[0].path).toBe('/issuer');
      await set(null);
    });
    it('A81 ST-29 what we issued ourselves, in whatever trust domain', async () => {
      for (const iss of [`${bureau.issuer}/spiffe`, `${bureau.issuer}/t/acme/spiffe`, bureau.issuer])
        await refuses(await svid({ iss }), 'token_of_our_own');
    });
  });

  it('the pattern of a trust domain covers whole segments', async () => {
    expectIssued(await show(await svid({ sub: spire.id('/ns/batch/job-1') })));
    await refuses(await svid({ sub: spire.id('/ns/batch') }), 'subject_not_registered');
    await refuses(await svid({ sub: spire.id('/ns/batch2/job-1') }), 'subject_not_registered');
  });

  it('tokens of a trust domain may be said to work once', async () => {
    const { body } = await bureau.admin('GET', '/trusted-issuers?limit=100');
    const { id } = body.items.find(({ issuer }: { issuer: string }) => issuer === other.issuer);
    const etag = (await bureau.admin('GET', `/trusted-issuers/${id}`)).headers.get('etag') ?? '';
    await bureau.admin('PATCH', `/trusted-issuers/${id}`, { replay: 'single-use' }, { 'if-match': etag });
    await refuses(await svid({ sub: other.id(workload) }, {}, other), 'claim_missing');
    const token = await svid({ sub: other.id(workload), jti: 'once' }, {}, other);
    expectIssued(await show(token));
    await refuses(token, 'replayed');
  });
});
