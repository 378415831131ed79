import { describe, expect, it } from 'vitest';
import { hintIssuer } from '../../../src/core/trust/hint-issuer.ts';

describe('hintIssuer', () => {
  const tenantId = '72f988bf-86f1-41af-91ab-2d7cd011db47';
  const registered = [
    'https://idp.example.com/realms/acme',
    'https://cluster.example.com',
    `https://login.example.com/${tenantId}/v2.0`,
  ];

  it.each([
    [
      'https://idp.example.com/realms/acme/',
      'Registered is https://idp.example.com/realms/acme. They differ only in a trailing slash, which counts.',
    ],
    ['https://idp.example.com/realms/Acme', 'upper and lower case'],
    ['http://cluster.example.com', 'scheme'],
    ['cluster.example.com', 'scheme'],
    ['https://cluster.example.com/.well-known/openid-configuration', 'what stands before /.well-known'],
    [`https://sts.example.org/${tenantId}/`, `Both hold the id ${tenantId}`],
    ['https://idp.example.com/realms/other', 'of one host'],
  ])('A28 ST-12 %s: %s', (presented, words) => {
    expect(hintIssuer(registered, presented)?.says).toContain(words);
  });

  it('names the nearest, not the first', () => {
    expect(hintIssuer(['https://a.example/x', 'https://a.example/y'], 'https://a.example/y/')).toMatchObject({
      says: expect.stringContaining('Registered is https://a.example/y.'),
      isSpelling: true,
    });
  });

  it.each(['https://other.example.com', '', 'x'])('has nothing to say on %j', (presented) => {
    expect(hintIssuer(registered, presented)).toBeNull();
  });
});
