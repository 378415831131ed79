// openid-client 6 and oauth4webapi 3 as they are: introspection and revocation at the real process.
import { importPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, type Credentials, startBureau } from '../support/bureau-process.ts';
import { createKeyedAccount, createTenant, holdings } from '../support/registered-accounts.ts';

let bureau: BureauProcess;
beforeAll(async () => {
  bureau = await startBureau();
});
afterAll(async () => {
  await bureau?.stop();
});

/** What the client finds by itself, with the key of a credentials file. */
const configurationOf = async (
  { serviceAccountId, privateKey, algorithm, keyId }: Credentials,
  at: string,
): Promise<openid.Configuration> => {
  const authentication = openid.PrivateKeyJwt({ key: await importPKCS8(privateKey, algorithm), kid: keyId });
  return openid.discovery(new URL(at), serviceAccountId, undefined, authentication, {
    execute: [openid.allowInsecureRequests],
  });
};

describe.each(['default', 'acme'])('openid-client in tenant %s', (tenant) => {
  let owner: openid.Configuration;
  let server: openid.Configuration;
  let stranger: openid.Configuration;
  beforeAll(async () => {
    const admin = tenant === 'default' ? bureau.admin : await createTenant(bureau, tenant);
    const at = tenant === 'default' ? bureau.issuer : `${bureau.issuer}/t/${tenant}`;
    const make = async (name: string, changes: Readonly<Record<string, unknown>> = {}) =>
      configurationOf(await createKeyedAccount(admin, { name, ...changes }), at);
    owner = await make('owner');
    server = await make('api', { key: { generate: 'ES256' }, audiences: [holdings.audiences[0]] });
    stranger = await make('stranger', { audiences: ['https://stranger.example'] });
  });

  it('MD-07 finds both endpoints and how to authenticate there', () => {
    const metadata = owner.serverMetadata();
    expect(metadata).toMatchObject({
      introspection_endpoint: `${metadata.issuer}/introspect`,
      revocation_endpoint: `${metadata.issuer}/revoke`,
    });
    expect(metadata.introspection_endpoint_auth_methods_supported).toContain('private_key_jwt');
    expect(metadata.revocation_endpoint_auth_methods_supported).toContain('private_key_jwt');
  });

  it('IR-01 IR-03 IR-04 IR-11 tokenIntrospection and tokenRevocation with PrivateKeyJwt', async () => {
    const { access_token: token } = await openid.clientCredentialsGrant(owner);
    const told = await openid.tokenIntrospection(server, token, { token_type_hint: 'access_token' });
    expect(told).toMatchObject({
      active: true,
      token_type: 'Bearer',
      aud: holdings.audiences[0],
      client_id: owner.clientMetadata().client_id,
      scope: holdings.scopes.join(' '),
    });
    expect(await openid.tokenIntrospection(stranger, token)).toEqual({ active: false });

    await expect(openid.tokenRevocation(stranger, token)).rejects.toMatchObject({
      status: 400,
      error: 'invalid_grant',
    });
    expect(await openid.tokenIntrospection(server, token)).toMatchObject({ active: true });

    expect(await openid.tokenRevocation(owner, token, { token_type_hint: 'access_token' })).toBeUndefined();
    expect(await openid.tokenIntrospection(server, token)).toEqual({ active: false });
    expect(await openid.tokenRevocation(owner, token)).toBeUndefined();
  });

  it('IR-02 IR-12 what is no token of ours', async () => {
    expect(await openid.tokenIntrospection(server, 'garbage')).toEqual({ active: false });
    expect(await openid.tokenRevocation(owner, 'garbage')).toBeUndefined();
    await expect(openid.tokenIntrospection(server, '')).rejects.toThrow();
  });
});

it('IR-01 oauth4webapi: introspectionRequest and revocationRequest', async () => {
  const { serviceAccountId, privateKey } = await createKeyedAccount(bureau.admin, {
    name: 'oauth4webapi',
    key: { generate: 'Ed25519' },
  });
  const insecure = { [oauth.allowInsecureRequests]: true };
  const identifier = new URL(bureau.issuer);
  const as = await oauth.processDiscoveryResponse(
    identifier,
    await oauth.discoveryRequest(identifier, { ...insecure, algorithm: 'oauth2' }),
  );
  const client = { client_id: serviceAccountId };
  const authentication = oauth.PrivateKeyJwt(await importPKCS8(privateKey, 'Ed25519'));
  const granted = await oauth.processClientCredentialsResponse(
    as,
    client,
    await oauth.clientCredentialsGrantRequest(as, client, authentication, new URLSearchParams(), insecure),
  );
  const ask = async () =>
    oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, authentication, granted.access_token, insecure),
    );
  expect(await ask()).toMatchObject({ active: true, sub: serviceAccountId });
  const revoked = await oauth.revocationRequest(as, client, authentication, granted.access_token, insecure);
  expect(await oauth.processRevocationResponse(revoked)).toBeUndefined();
  expect(await ask()).toEqual({ active: false });
});
