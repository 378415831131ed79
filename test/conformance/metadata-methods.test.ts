import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeSpire, type FakeSpire } from '../support/fake-spire.ts';
import { ownKeyOf } from '../support/own-key.ts';
import { openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';
import { authenticatedBy, exchangedToken } from '../support/token-query.ts';

interface Attempt {
  readonly form?: Readonly<Record<string, string>>;
  readonly authorization?: string;
}

/** Every registered way to authenticate that could be listed (RFC 8414 §2), tried in earnest. */
describe('MD-07 the methods in the metadata are those that work', () => {
  let bureau: TestBureau;
  let spire: FakeSpire;
  beforeAll(async () => {
    spire = await createFakeSpire('td.example');
    bureau = await openTestBureau({ allow: [spire.address] });
    for (const [path, body] of [
      ['/trusted-issuers', spire.registration],
      [
        '/service-accounts',
        {
          name: 'workload',
          owningTeam: 'default',
          useCase: 'custom-api-integration',
          federations: [{ issuer: spire.issuer, subject: spire.id('/a'), audience: bureau.baseIssuer }],
        },
      ],
    ] as const)
      expect((await bureau.admin('POST', path, body)).status).toBe(201);
  });
  afterAll(() => Promise.all([bureau.close(), spire.close()]));

  const attempts: Readonly<Record<string, () => Attempt | Promise<Attempt>>> = {
    none: () => ({}),
    private_key_jwt: () => ({ form: authenticatedBy(ownKeyOf(bureau.credentials)) }),
    spiffe_jwt: async () => ({
      form: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe',
        client_assertion: await spire.svid({ sub: spire.id('/a'), aud: [bureau.baseIssuer] }),
      },
    }),
    Bearer: async () => ({ authorization: `Bearer ${await bureau.adminToken()}` }),
    client_secret_basic: () => ({ authorization: `Basic ${btoa(`${bureau.account.id}:secret`)}` }),
    client_secret_post: () => ({ form: { client_id: bureau.account.id, client_secret: 'secret' } }),
    client_secret_jwt: () => ({
      form: { client_assertion_type: urn.assertionType, client_assertion: 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA' },
    }),
  };

  it.each(['introspection', 'revocation'] as const)('MD-07 at %s', async (endpoint) => {
    const metadata = (await bureau.inject({ method: 'GET', url: '/.well-known/oauth-authorization-server' }))
      .body;
    const token = await exchangedToken(bureau);
    const working: string[] = [];
    for (const [method, attempt] of Object.entries(attempts)) {
      const { form = {}, authorization } = await attempt();
      const answer = await bureau.token(
        // What is tried is who may ask, and the token has to stay what it is.
        { token: endpoint === 'revocation' ? 'unknown' : token, ...form },
        {
          url: new URL(metadata[`${endpoint}_endpoint`]).pathname,
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            ...(authorization === undefined ? {} : { authorization }),
          },
        },
      );
      if (answer.status === 200) working.push(method);
    }
    expect(working.toSorted()).toEqual(
      (metadata[`${endpoint}_endpoint_auth_methods_supported`] as string[]).toSorted(),
    );
    expect(working.length).toBeGreaterThan(1);
  });
});
