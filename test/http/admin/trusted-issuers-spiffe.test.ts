import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../support/bureau-process.ts';
import { createFakeSpire, type FakeSpire } from '../../support/fake-spire.ts';
import { openTestBureau, type TestBureau } from '../../support/test-bureau.ts';

type Members = Readonly<Record<string, unknown>>;

const jwtSvidAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
const publicEc = (): object =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

describe('a SPIFFE trust domain as a trusted issuer', () => {
  let bureau: TestBureau;
  let spire: FakeSpire;
  let serial = 0;
  beforeAll(async () => {
    spire = await createFakeSpire('td.example');
    bureau = await openTestBureau({
      allow: [spire.address],
      configuration: { issuer: 'https://sts.example.com' },
    });
  });
  afterAll(() => Promise.all([bureau.close(), spire.close()]));

  /** Registers a trust domain of a new name, unless one is given. */
  const register = (changes: Members = {}): Promise<Answer> => {
    serial += 1;
    return bureau.admin('POST', '/trusted-issuers', {
      ...spire.registration,
      issuer: `spiffe://td-${serial}.example`,
      ...changes,
    });
  };
  const paths = ({ status, body }: Answer): readonly string[] => {
    expect(status).toBe(422);
    return body.errors.map(({ path }: { path: string }) => path);
  };
  const refused = async (changes: Members, ...expected: readonly string[]): Promise<void> =>
    expect(paths(await register(changes))).toEqual(expected);

  it('SV-23 name, URL and profile: 201, and shown as given', async () => {
    const answer = await register({ issuer: spire.issuer });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      ...spire.registration,
      jwksUri: null,
      jwks: null,
      algorithms: jwtSvidAlgorithms,
      platform: null,
    });
    const { body } = await bureau.admin('GET', `/trusted-issuers/${answer.body.id}`);
    expect(body).toMatchObject({ ...spire.registration, jwksUri: null });
    expect(body.keyHealth).toMatchObject({
      source: 'bundle-endpoint',
      jwksUri: spire.bundleEndpointUrl,
      keys: [],
    });
    const refreshed = await bureau.admin('POST', `/trusted-issuers/${answer.body.id}/refresh`);
    expect(refreshed.body).toMatchObject({ ok: true, keys: [{ kid: spire.keys[0]?.kid }] });
    const again = await register({ issuer: spire.issuer });
    expect([again.status, again.body.code]).toEqual([409, 'already_exists']);
    const elsewhere = await register({
      issuer: spire.issuer,
      bundleEndpointUrl: `${spire.endpoint.url}/other`,
    });
    expect([elsewhere.status, elsewhere.body.code]).toEqual([409, 'issuer_conflict']);
    const { body: activities } = await bureau.admin('GET', '/activities?limit=100');
    expect(activities.items).toContainEqual(
      expect.objectContaining({ type: 'trusted-issuer.create', issuer: spire.issuer }),
    );
  });
  it('an ordinary issuer shows neither', async () => {
    const { body } = await bureau.admin('GET', '/trusted-issuers?limit=100');
    const ordinary = body.items.find(({ issuer }: { issuer: string }) => issuer === bureau.issuer.issuer);
    expect(ordinary).toMatchObject({
      jwksUri: bureau.issuer.jwksUri,
      bundleEndpointUrl: null,
      bundleEndpointProfile: null,
    });
  });

  describe('SV-23 each of the three is required, and none is derived', () => {
    it('SV-23 no URL', () => refused({ bundleEndpointUrl: null }, '/bundleEndpointUrl'));
    it('SV-23 no profile', () => refused({ bundleEndpointProfile: null }, '/bundleEndpointProfile'));
    it('SV-23 neither', () =>
      refused({ bundleEndpointUrl: null, bundleEndpointProfile: null }, '/bundleEndpointUrl'));
    it.each(['https_spiffe', 'HTTPS_WEB', '', 'web'])('SV-23 the profile %j', (bundleEndpointProfile) =>
      refused({ bundleEndpointProfile }, '/bundleEndpointProfile'),
    );
    it('SV-23 a jwksUri is no bundle endpoint', () =>
      refused(
        { jwksUri: spire.bundleEndpointUrl, bundleEndpointUrl: null, bundleEndpointProfile: null },
        '/jwksUri',
        '/bundleEndpointUrl',
      ));
    it('SV-23 a bundle endpoint is none of an ordinary issuer', () =>
      refused({ issuer: 'https://idp.example' }, '/bundleEndpointUrl', '/bundleEndpointProfile'));
  });

  describe('SV-02 SV-05 the name', () => {
    it.each([
      'spiffe://',
      'SPIFFE://td.example',
      'spiffe://TD.example',
      'spiffe://td.example/',
      'spiffe://td.example/workload',
      'spiffe://td.example:443',
      'spiffe://user@td.example',
      'spiffe://td.example?x',
      'spiffe:td.example',
      `spiffe://${'a'.repeat(256)}`,
    ])('SV-05 %s', async (issuer) => expect(paths(await register({ issuer }))).toContain('/issuer'));
    it('SV-02 control: 255 bytes, digits and underscores', async () => {
      for (const issuer of [
        `spiffe://${'a'.repeat(255)}`,
        'spiffe://td_1.example-x.org',
        'spiffe://127.0.0.1',
      ])
        expect((await register({ issuer })).status).toBe(201);
    });
  });

  describe('A46 the address', () => {
    it.each([
      'http://spire.example/bundle',
      'https://169.254.169.254/latest',
      'https://10.0.0.1/bundle',
      'https://127.0.0.1:1/bundle',
      'file:///etc/passwd',
      'spiffe://td.example/bundle',
      'not a URL',
    ])('A46 %s', (bundleEndpointUrl) => refused({ bundleEndpointUrl }, '/bundleEndpointUrl'));
    it.each([
      'https://sts.example.com/spiffe/bundle.json',
      'https://sts.example.com/t/acme/spiffe/bundle.json',
    ])('ST-29 our own bundle: %s', (bundleEndpointUrl) =>
      refused({ bundleEndpointUrl }, '/bundleEndpointUrl'),
    );
    it('A46 control: a public https address', async () =>
      expect((await register({ bundleEndpointUrl: 'https://spire.example.com/bundle' })).status).toBe(201));
  });

  describe('SV-07 algorithms', () => {
    it.each([[['Ed25519']], [['EdDSA', 'ES256']], [[]]])('SV-07 not %j', (algorithms) =>
      refused({ algorithms }, '/algorithms'),
    );
    it('SV-07 fewer than all', async () => {
      const { body } = await register({ algorithms: ['ES256'] });
      expect(body.algorithms).toEqual(['ES256']);
    });
    it('SV-09 at+jwt is no type of a JWT-SVID', () =>
      refused({ allowAccessTokenType: true }, '/allowAccessTokenType'));
  });

  describe('SV-18 a pinned bundle', () => {
    const pinned = (...keys: readonly object[]): Members => ({
      bundleEndpointUrl: null,
      bundleEndpointProfile: null,
      jwks: { keys },
    });
    const good = { ...publicEc(), kid: 'a', use: 'jwt-svid' };
    it('SV-18 as SPIRE shows it: entries for other SVIDs are left out', async () => {
      const { status, body } = await register(
        pinned(
          { ...publicEc(), use: 'x509-svid', x5c: ['MIIB'] },
          { ...publicEc(), kid: 'w', use: 'wit-svid' },
          good,
        ),
      );
      expect(status).toBe(201);
      expect(body).toMatchObject({
        jwks: { keys: [good] },
        bundleEndpointUrl: null,
        bundleEndpointProfile: null,
      });
      const { body: shown } = await bureau.admin('GET', `/trusted-issuers/${body.id}`);
      expect(shown.keyHealth).toMatchObject({ ok: true, source: 'pinned', keys: [{ kid: 'a' }] });
    });
    it.each([
      ['no use', { ...good, use: undefined }],
      ['use sig', { ...good, use: 'sig' }],
      ['use in upper case', { ...good, use: 'JWT-SVID' }],
      ['no kid', { ...good, kid: undefined }],
      ['a kid that is there already', good],
      [
        'an Ed25519 key',
        { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'e', use: 'jwt-svid' },
      ],
      [
        'a private key',
        {
          ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
          use: 'x509-svid',
        },
      ],
    ])('SV-18 %s', (_what, key) => refused(pinned(good, key), '/jwks/keys/1'));
    it('SV-21 nothing for JWT-SVIDs', () =>
      refused(pinned({ ...publicEc(), use: 'x509-svid', x5c: ['MIIB'] }), '/jwks/keys'));
    it('either a bundle or its endpoint', () => refused({ jwks: { keys: [good] } }, '/jwks'));
    it('an ordinary issuer cannot pin keys for JWT-SVIDs', () =>
      refused({ ...pinned(good), issuer: 'https://idp.example' }, '/jwks/keys/0'));
  });

  describe('changes', () => {
    const change = async (id: string, patch: Members): Promise<Answer> =>
      bureau.admin('PATCH', `/trusted-issuers/${id}`, patch, { 'if-match': '*' });
    it('to another endpoint, to a pinned bundle and back; algorithms back to all', async () => {
      const { body } = await register({ algorithms: ['ES256'] });
      const bundleEndpointUrl = 'https://spire.example.com/bundle';
      expect((await change(body.id, { bundleEndpointUrl })).body).toMatchObject({
        bundleEndpointUrl,
        bundleEndpointProfile: 'https_web',
      });
      const key = { ...publicEc(), kid: 'a', use: 'jwt-svid' };
      const toPinned = { bundleEndpointUrl: null, bundleEndpointProfile: null, jwks: { keys: [key] } };
      expect((await change(body.id, toPinned)).body).toMatchObject({ ...toPinned });
      const back = { bundleEndpointUrl, bundleEndpointProfile: 'https_web', jwks: null };
      expect((await change(body.id, back)).body).toMatchObject({ ...back, jwksUri: null });
      expect((await change(body.id, { algorithms: null })).body.algorithms).toEqual(jwtSvidAlgorithms);
      expect(paths(await change(body.id, { jwksUri: 'https://idp.example/jwks' }))).toEqual(['/jwksUri']);
      expect(paths(await change(body.id, { bundleEndpointUrl: null }))).toEqual(['/bundleEndpointUrl']);
      const { body: activities } = await bureau.admin('GET', '/activities?limit=100');
      expect(JSON.stringify(activities.items)).toContain('bundleEndpointUrl');
    });
    it('the algorithms of an ordinary issuer go back to all of them', async () => {
      const created = await bureau.admin('POST', '/trusted-issuers', {
        issuer: 'https://idp.example.com',
        algorithms: ['RS256'],
      });
      expect(created.body.algorithms).toEqual(['RS256']);
      const { body } = await change(created.body.id, { algorithms: null });
      expect(body.algorithms).toEqual([...jwtSvidAlgorithms, 'Ed25519', 'EdDSA']);
    });
  });

  describe('federations on it', () => {
    const federate = (federation: Members): Promise<Answer> => {
      serial += 1;
      return bureau.admin('POST', '/service-accounts', {
        name: `federated-${serial}`,
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        federations: [
          {
            issuer: spire.issuer,
            subject: spire.id(`/a-${serial}`),
            audience: 'https://x.example',
            ...federation,
          },
        ],
      });
    };
    const refusedFederation = async (federation: Members, path: string): Promise<void> =>
      expect(paths(await federate(federation))).toEqual([`/federations/0/${path}`]);

    it('an exact one of 1500 bytes and one below a path; read and sent back as they are', async () => {
      const subject = spire.id(`/${'a'.repeat(1480)}`);
      expect((await federate({ subject })).status).toBe(201);
      const { status, body } = await federate({
        subject: undefined,
        subjectPattern: spire.id('/ns/payments/*'),
      });
      expect(status).toBe(201);
      expect(body.federations[0]).toMatchObject({ issuer: spire.issuer, jwksUri: null });
      const { federations } = (await bureau.admin('GET', `/service-accounts/${body.id}`)).body;
      const saved = await bureau.admin(
        'PATCH',
        `/service-accounts/${body.id}`,
        { federations },
        { 'if-match': '*' },
      );
      expect(saved.status).toBe(200);
    });
    it('SV-23 a trust domain is never registered by a federation', () =>
      refusedFederation(
        { issuer: 'spiffe://unknown.example', subject: 'spiffe://unknown.example/a' },
        'issuer',
      ));
    it('SV-23 nor does one bring a JWK Set URI', () =>
      refusedFederation({ jwksUri: spire.bundleEndpointUrl }, 'jwksUri'));
    it('CA-22 a workload of another trust domain', () =>
      refusedFederation({ subject: 'spiffe://other.example/a' }, 'subject'));
    it('CA-22 the bare trust domain', () => refusedFederation({ subject: spire.issuer }, 'subject'));
    it('CA-22 no subject', () => refusedFederation({ subject: undefined }, 'subject'));
    it('an issuer that is not canonical', () =>
      refusedFederation({ issuer: 'spiffe://TD.example', subject: 'spiffe://td.example/a' }, 'issuer'));
    it('a trust domain a federation names cannot be deleted', async () => {
      await federate({});
      const { body } = await bureau.admin('GET', '/trusted-issuers?limit=100');
      const { id } = body.items.find(({ issuer }: { issuer: string }) => issuer === spire.issuer);
      const answer = await bureau.admin('DELETE', `/trusted-issuers/${id}`, undefined, { 'if-match': '*' });
      expect([answer.status, answer.body.code]).toEqual([409, 'in_use']);
    });
  });
});
