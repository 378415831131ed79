import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, createFakeIssuerKey, type FakeIssuer } from '../support/fake-issuer.ts';
import { createFakeSpire, type FakeSpire } from '../support/fake-spire.ts';
import { urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused } from '../support/token-answers.ts';

type Members = Readonly<Record<string, unknown>>;

const jwtSpiffe = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
const now = (): number => Math.floor(Date.now() / 1000);

/** draft-ietf-oauth-spiffe-client-auth-02: a JWT-SVID as client assertion, under a type of its own. */
describe('client authentication with a JWT-SVID', () => {
  let bureau: BureauProcess;
  let spire: FakeSpire;
  let other: FakeSpire;
  let oidc: FakeIssuer;
  const workload = '/ns/payments/sa/deploy';

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
  /** A JWT-SVID for us, but for what is said. */
  const svid = (claims: Members = {}, header: Members = {}, from = spire): Promise<string> =>
    from.svid({ sub: spire.id(workload), aud: [bureau.issuer], ...claims }, header);
  const authenticate = (token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    bureau.token({
      grant_type: 'client_credentials',
      client_assertion_type: jwtSpiffe,
      client_assertion: token,
      ...more,
    });
  const expectReason = async (answer: Answer, reason: string): Promise<void> => {
    expectRefused(answer, 400, 'invalid_client');
    const { body } = await bureau.admin('GET', `/activities/${answer.body.receipt}`);
    expect(body.reason).toBe(reason);
  };
  const set = async (settings: object): Promise<void> => {
    const etag = (await bureau.admin('GET', '/settings')).headers.get('etag') ?? '';
    await bureau.admin('PATCH', '/settings', settings, { 'if-match': etag });
  };

  let client: { readonly id: string };
  beforeAll(async () => {
    [spire, other, oidc] = await Promise.all([
      createFakeSpire('td-a.example'),
      createFakeSpire('td-b.example'),
      createFakeIssuer(),
    ]);
    const allow = [spire.address, other.address, `${oidc.host}:${oidc.port}`].join(',');
    bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: allow } });
    await register('/trusted-issuers', spire.registration);
    await register('/trusted-issuers', other.registration);
    const audience = bureau.issuer;
    client = await account('client', { issuer: spire.issuer, subject: spire.id(workload), audience });
    await account('app', { issuer: spire.issuer, subjectPattern: spire.id('/app/*'), audience });
    await account('of-b', { issuer: other.issuer, subject: other.id(workload), audience });
    await account('elsewhere', {
      issuer: spire.issuer,
      subject: spire.id('/elsewhere'),
      audience: 'https://sts.example.com',
    });
    await account('by-oidc', {
      issuer: oidc.issuer,
      jwksUri: oidc.jwksUri,
      subject: spire.id('/by-oidc'),
      audience,
    });
  });
  afterAll(() => Promise.all([bureau.stop(), ...[spire, other, oidc].map((each) => each.close())]));

  describe('CA-21 the assertion', () => {
    it('CA-21 one without iss, minted by SPIRE, authenticates', async () => {
      const answer = await authenticate(await svid());
      expectIssued(answer);
      const [, claims = ''] = String(answer.body.access_token).split('.');
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ client_id: client.id });
    });
    it.each<[string, () => Members]>([
      ['aud a string', () => ({ aud: bureau.issuer })],
      ['iat absent', () => ({ iat: undefined })],
      ['3590 s left', () => ({ exp: now() + 3590 })],
      ['an iss of nobody', () => ({ iss: 'https://spire.example' })],
      ['an iss that is registered for other tokens', () => ({ iss: oidc.issuer })],
    ])('CA-21 control: %s', async (_what, claims) => expectIssued(await authenticate(await svid(claims()))));
    it('CA-21 it works again until it expires: there is no jti to use up', async () => {
      const token = await svid();
      expectIssued(await authenticate(token));
      expectIssued(await authenticate(token));
    });
    it('CA-05 client_id is the account, or absent', async () => {
      expectIssued(await authenticate(await svid(), { client_id: client.id }));
      await expectReason(await authenticate(await svid(), { client_id: 'x' }), 'client_id_mismatch');
    });

    it.each<[string, () => Members, string]>([
      ['a second audience', () => ({ aud: [bureau.issuer, 'https://x.example'] }), 'audience_several'],
      ['another audience', () => ({ aud: 'https://sts.example.com' }), 'audience_mismatch'],
      ['the token endpoint as audience', () => ({ aud: `${bureau.issuer}/token` }), 'audience_mismatch'],
      ['no audience', () => ({ aud: undefined }), 'claim_missing'],
      ['no exp', () => ({ exp: undefined }), 'claim_missing'],
      ['exp past', () => ({ exp: now() - 1 }), 'expired'],
      ['3700 s left', () => ({ exp: now() + 3700 }), 'expires_too_far_ahead'],
      ['3700 s left without iat', () => ({ iat: undefined, exp: now() + 3700 }), 'expires_too_far_ahead'],
      ['a workload nobody registered', () => ({ sub: spire.id('/x') }), 'subject_not_registered'],
      ['sub no SPIFFE ID', () => ({ sub: 'deploy' }), 'issuer_missing'],
      [
        'sub no SPIFFE ID, iss registered',
        () => ({ sub: 'deploy', iss: oidc.issuer }),
        'client_assertion_type_unfit',
      ],
      ['sub the trust domain', () => ({ sub: spire.issuer }), 'issuer_missing'],
      ['a trust domain nobody registered', () => ({ sub: 'spiffe://x.example/a' }), 'issuer_unknown'],
      ['our own issuer of JWT-SVIDs', () => ({ iss: `${bureau.issuer}/spiffe` }), 'token_of_our_own'],
    ])('CA-21 %s is invalid_client', async (_what, claims, reason) =>
      expectReason(await authenticate(await svid(claims())), reason),
    );
    it('CA-21 SV-17 a workload of another trust domain than that of the key', async () => {
      const { kid } = other.keys[0] ?? {};
      await expectReason(
        await authenticate(await svid({ sub: other.id(workload) }, { kid })),
        'signature_invalid',
      );
      await expectReason(await authenticate(await svid({ sub: other.id(workload) })), 'key_unknown');
      expectIssued(await authenticate(await svid({ sub: other.id(workload) }, {}, other)));
    });
    it('CA-21 SV-07 Ed25519, and SV-26 a WIT-SVID', async () => {
      const key = await createFakeIssuerKey('Ed25519');
      const ed25519 = await spire.svid({ sub: spire.id(workload), aud: bureau.issuer }, {}, key);
      await expectReason(await authenticate(ed25519), 'token_algorithm_not_allowed');
      await expectReason(await authenticate(await svid({}, { typ: 'wit+jwt' })), 'token_type_not_allowed');
    });
    it('CA-21 a federation whose audience is another than our issuer is for exchanges alone', async () => {
      const token = await svid({ sub: spire.id('/elsewhere') });
      await expectReason(await authenticate(token), 'audience_mismatch');
    });
  });

  describe('CA-21 CC-02 each under its own type', () => {
    const asBearer = { client_assertion_type: urn.assertionType };
    it('CA-21 a JWT-SVID under the type jwt-bearer is invalid_client', async () => {
      const token = await svid();
      await expectReason(await authenticate(token, asBearer), 'client_assertion_type_unfit');
      expectIssued(await authenticate(token));
    });
    it('CA-21 what is no JWT-SVID under the type jwt-spiffe', async () => {
      const subject = { sub: spire.id('/by-oidc'), aud: bureau.issuer };
      const token = await oidc.signToken(subject);
      // Registered by its iss, it is a federated assertion; of its trust domain it is none, whatever it says.
      expectIssued(await authenticate(token, asBearer));
      await expectReason(await authenticate(token), 'key_unknown');
      const plain = await oidc.signToken({ ...subject, sub: 'repo:acme/payments' });
      await expectReason(await authenticate(plain), 'client_assertion_type_unfit');
    });
    it('CA-21 the switch for federated assertions is not about this type', async () => {
      await set({ federatedClientAssertion: false });
      expectIssued(await authenticate(await svid()));
      const token = await oidc.signToken({ sub: spire.id('/by-oidc'), aud: bureau.issuer });
      await expectReason(await authenticate(token, asBearer), 'federated_assertion_off');
      await set({ federatedClientAssertion: true });
      expectIssued(await authenticate(token, asBearer));
    });
    it('CA-01 CA-03 one mechanism, and both parameters', async () => {
      const form = { grant_type: 'client_credentials', client_assertion_type: jwtSpiffe };
      expectRefused(await bureau.token(form), 400, 'invalid_request');
      const both = await authenticate(await svid(), { client_secret: 'x' });
      expectRefused(both, 400, 'invalid_request');
      const unknown = { client_assertion_type: jwtSpiffe.replace('jwt-spiffe', 'wit-spiffe') };
      await expectReason(await authenticate(await svid(), unknown), 'client_assertion_type_unknown');
    });
    it('CA-20 beside another grant: good only with the same account', async () => {
      const exchange = async (assertion: string): Promise<Answer> =>
        bureau.token({
          grant_type: urn.tokenExchange,
          subject_token: await svid(),
          subject_token_type: urn.jwt,
          client_assertion_type: jwtSpiffe,
          client_assertion: assertion,
        });
      expectIssued(await exchange(await svid()));
      expectRefused(await exchange(await svid({ sub: spire.id('/x') })), 400, 'invalid_client');
      expectRefused(await exchange(await svid({ exp: now() - 1 })), 400, 'invalid_client');
      const ofAnother = await exchange(await svid({ sub: spire.id('/app/1') }));
      expectRefused(ofAnother, 400, 'invalid_request');
    });
  });

  describe('CA-22 which workloads', () => {
    it.each(['/app/1', '/app/1/2'])('CA-22 /app/* covers %s', async (path) =>
      expectIssued(await authenticate(await svid({ sub: spire.id(path) }))),
    );
    it.each(['/app1', '/app', '/App/1'])('CA-22 /app/* does not cover %s', async (path) =>
      expectReason(await authenticate(await svid({ sub: spire.id(path) })), 'subject_not_registered'),
    );
    it('CA-22 nor another trust domain', async () =>
      expectReason(
        await authenticate(await svid({ sub: other.id('/app/1') }, {}, other)),
        'subject_not_registered',
      ));
    it.each([
      { subjectPattern: 'spiffe://td-a.example/*/app' },
      { subjectPattern: 'spiffe://td-a.example/app*' },
      { subjectPattern: 'spiffe://td-a.example/*' },
      { subjectPattern: 'spiffe://*/app/*' },
      { subjectPattern: 'spiffe://td-b.example/app/*' },
      { subject: 'spiffe://td-a.example/app/*' },
      { subject: 'spiffe://td-b.example/app' },
      { subject: 'spiffe://td-a.example' },
    ])('CA-22 %j cannot be registered', async (subject) => {
      const answer = await bureau.admin('POST', '/service-accounts', {
        name: 'wide',
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        federations: [{ issuer: spire.issuer, audience: bureau.issuer, ...subject }],
      });
      expect(answer.status).toBe(422);
      expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual([
        `/federations/0/${Object.keys(subject)[0]}`,
      ]);
    });
  });

  it.each(['/introspect', '/revoke'])('CA-08 CA-21 at %s by the same rules', async (path) => {
    const ask = async (assertion: string): Promise<Answer> =>
      bureau.token({ token: 'unknown', client_assertion_type: jwtSpiffe, client_assertion: assertion }, path);
    expect((await ask(await svid())).status).toBe(200);
    for (const aud of ['https://sts.example.com', `${bureau.issuer}${path}`])
      expect((await ask(await svid({ aud }))).body.error).toBe('invalid_client');
    expect((await ask(await svid({ sub: spire.id('/x') }))).body.error).toBe('invalid_client');
  });

  it('MD-08 the metadata names spiffe_jwt, and no other method of SPIFFE', async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const response = await fetch(`${bureau.url}/.well-known/${name}`);
      const metadata = (await response.json()) as { token_endpoint_auth_methods_supported: string[] };
      expect(metadata.token_endpoint_auth_methods_supported).toContain('spiffe_jwt');
      expect(JSON.stringify(metadata)).not.toMatch(/spiffe_(?:x509|wit)/);
    }
  });
});
