import { describe, expect, it } from 'vitest';
import { buildCredentialsFile } from '../../../src/core/accounts/credentials-file.ts';

describe('buildCredentialsFile', () => {
  it.each([
    ['default', 'https://sts.example'],
    ['acme', 'https://sts.example/t/acme'],
  ])('contract §5 has exactly the members a client needs, tenant %s', (tenant, issuer) => {
    const pair = { privateKeyPem: 'PEM', kid: 'K', algorithm: 'ES256' as const };
    expect(buildCredentialsFile({ accountId: 'A', ...pair, tenant, issuer })).toEqual({
      serviceAccountId: 'A',
      clientId: 'A',
      privateKey: 'PEM',
      keyId: 'K',
      algorithm: 'ES256',
      tenant,
      issuer,
      discoveryURI: `${issuer}/.well-known/openid-configuration`,
      tokenEndpoint: `${issuer}/token`,
    });
  });
});
