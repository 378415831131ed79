import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseTokenAnswer, type TokenAnswer } from '../../../src/cli/token/token-answer.ts';
import { tokenFormats } from '../../../src/cli/token/token-formats.ts';
import { worldStart } from './fake-world.ts';

const answerWith = (accessToken: string): TokenAnswer => {
  const body = { access_token: accessToken, token_type: 'Bearer', expires_in: 900, scope: 's', more: [1] };
  const answer = parseTokenAnswer(JSON.stringify(body), worldStart);
  if (answer === null) throw new Error('no answer');
  return answer;
};
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-_';

describe('formats of bureau token (contract §6)', () => {
  it('token: the token and a line end', () => {
    expect(tokenFormats.token(answerWith(jwt))).toBe(`${jwt}\n`);
  });

  it('json: the answer as it was given, and when the token expires', () => {
    expect(JSON.parse(tokenFormats.json(answerWith(jwt)))).toEqual({
      access_token: jwt,
      token_type: 'Bearer',
      expires_in: 900,
      scope: 's',
      more: [1],
      expires_at: new Date(worldStart + 900_000).toISOString(),
    });
  });

  it('header: RFC 6750 §2.1', () => {
    expect(tokenFormats.header(answerWith(jwt))).toBe(`Authorization: Bearer ${jwt}\n`);
  });

  it('env: bare for a JWT, as dotenv files want it', () => {
    expect(tokenFormats.env(answerWith(jwt))).toBe(`BUREAU_ACCESS_TOKEN=${jwt}\n`);
  });

  it('env: a JWT-SVID has a name of its own', () => {
    const issuedTokenType = 'urn:ietf:params:oauth:token-type:jwt';
    expect(tokenFormats.env({ ...answerWith(jwt), issuedTokenType })).toBe(`BUREAU_JWT_SVID=${jwt}\n`);
  });

  it.each([jwt, '~root/x', 'a+b/c==', 'a.b~c'])('env: a shell reads %s back as it was', (token) => {
    const script = `${tokenFormats.env(answerWith(token))}printf %s "$BUREAU_ACCESS_TOKEN"`;
    expect(execFileSync('/bin/sh', ['-c', script]).toString()).toBe(token);
  });

  it.each(['', 'a b', 'a\nb', 'a;b', '$(id)', "a'b", 'ü', 'a=b'])('%j is no bearer token', (token) => {
    const body = { access_token: token, token_type: 'Bearer', expires_in: 900 };
    expect(parseTokenAnswer(JSON.stringify(body), worldStart)).toBeNull();
  });
});
