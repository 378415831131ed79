import { describe, expect, it } from 'vitest';
import { buildIntrospection } from '../../../src/core/oauth/introspection-response.ts';

const claims = {
  iss: 'https://sts.example.com',
  sub: 'an-account',
  aud: 'https://api.example.com',
  client_id: 'an-account',
  iat: 1_790_000_000,
  exp: 1_790_000_900,
  jti: 'a-jti',
  scope: '',
};

describe('buildIntrospection', () => {
  it('IR-04 tells what the token says, with its own values', () =>
    expect(buildIntrospection(claims)).toStrictEqual({ active: true, token_type: 'Bearer', ...claims }));

  it('IR-04 cnf and act are told when they are there', () => {
    const bound = { ...claims, cnf: { jkt: 'x' }, act: { sub: 'y' } };
    expect(buildIntrospection(bound)).toStrictEqual({ active: true, token_type: 'Bearer', ...bound });
  });

  it('IR-04 no other claim leaks, and none can call itself active or of another type', () => {
    const more = {
      ...claims,
      account_name: 'x',
      role: 'administrator',
      active: false,
      token_type: 'N_A',
      email: 'x',
    };
    expect(buildIntrospection(more)).toStrictEqual({ active: true, token_type: 'Bearer', ...claims });
  });

  it('A35 a claim is one of the token, never an inherited one', () =>
    expect(buildIntrospection(Object.create(claims) as typeof claims)).toStrictEqual({
      active: true,
      token_type: 'Bearer',
    }));
});
