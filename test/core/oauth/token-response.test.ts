import { describe, expect, it } from 'vitest';
import { buildTokenResponse } from '../../../src/core/oauth/token-response.ts';
import { tokenTypes } from '../../../src/core/oauth/vocabulary.ts';

describe('buildTokenResponse', () => {
  it('RS-02 RS-03 RS-04 RS-05 TX-11 is exactly the body of the contract', () => {
    expect(buildTokenResponse({ accessToken: 'a.b.c', expiresIn: 900, scope: ['x', 'y'] })).toEqual({
      access_token: 'a.b.c',
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'x y',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
  });

  it('RS-04 shows an empty scope too', () => {
    expect(buildTokenResponse({ accessToken: 'a', expiresIn: 1, scope: [] }).scope).toBe('');
  });

  it('TX-12 a JWT-SVID is no bearer token', () => {
    const body = buildTokenResponse({
      accessToken: 'a',
      expiresIn: 60,
      scope: [],
      issuedTokenType: tokenTypes.jwt,
    });
    expect(body).toMatchObject({ token_type: 'N_A', issued_token_type: tokenTypes.jwt });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'RS-03 a life of %s s is a fault',
    (expiresIn) => {
      expect(() => buildTokenResponse({ accessToken: 'a', expiresIn, scope: [] })).toThrow('expires_in');
    },
  );
});
