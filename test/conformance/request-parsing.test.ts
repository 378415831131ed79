// RFC 6749 §3.2, §3.3 and App. B: what the body of a token request may look like. Titles carry the rows of the checklist.
import { describe, expect, it } from 'vitest';
import { limitAuthorization } from '../../src/core/accounts/limit-authorization.ts';
import { parseFormParameters } from '../../src/core/oauth/form-parameters.ts';
import { parseScope } from '../../src/core/oauth/scope.ts';
import { grantTypes, knownParameters } from '../../src/core/oauth/vocabulary.ts';
import { registered, serviceAccount } from '../support/registered.ts';

const read = (body: string) => {
  const verdict = parseFormParameters(body);
  return verdict.ok ? Object.fromEntries(verdict.value) : verdict.reason;
};

describe('request parsing', () => {
  it('TR-03 decodes percent-encoding, plus as space, UTF-8', () => {
    expect(read('scope=a%2Bb')).toEqual({ scope: 'a+b' });
    expect(read('scope=a+b')).toEqual({ scope: 'a b' });
    expect(read('audience=%E2%82%AC')).toEqual({ audience: '€' });
  });

  it.each(['%zz', '%', '%4', '%FF%FE', 'a%', '%E2%82', '%F8%88%80%80%80'])(
    'TR-03 %s is malformed',
    (value) => {
      for (const name of knownParameters) expect(read(`${name}=${value}`)).toBe('body_malformed');
    },
  );

  it('TR-04 a parameter we read comes once; the contract is stricter than RFC 8693 for audience and resource', () => {
    for (const name of knownParameters) {
      expect(read(`${name}=a`)).toEqual({ [name]: 'a' });
      expect(read(`${name}=a&${name}=a`)).toBe('parameter_repeated');
      expect(read(`${name}=a&${name}=b`)).toBe('parameter_repeated');
    }
  });

  it('TR-05 an empty value counts as absent', () => {
    expect(read('scope=&subject_token=&client_assertion=')).toEqual({});
    expect(read('scope&grant_type=a')).toEqual({ grant_type: 'a' });
  });

  it('TR-06 a parameter we do not read is ignored, repeated or not', () => {
    expect(read('foo=bar&options=x&options=y&requested_subject=z&admin=true&scope=a')).toEqual({
      scope: 'a',
    });
  });

  it('TR-09 grant types are exact text, and parsing changes nothing of them', () => {
    expect(Object.values(grantTypes)).toEqual([
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ]);
    for (const text of [
      ...Object.values(grantTypes),
      'TOKEN-EXCHANGE',
      'token_exchange',
      'token-exchange ',
      ' x',
    ]) {
      expect(read(new URLSearchParams({ grant_type: text }).toString())).toEqual({ grant_type: text });
    }
  });

  it('TR-10 order and repetition of scopes carry no meaning', () => {
    const account = serviceAccount({ scopes: ['certs:read', 'certs:issue'] });
    const granted = (scope: string) =>
      limitAuthorization({ account, issuer: registered.ownIssuer, strictScopes: true, scope });
    const both = granted('certs:read certs:issue');
    expect(both.ok && both.value.scope).toEqual(['certs:read', 'certs:issue']);
    for (const scope of ['certs:issue certs:read', 'certs:read certs:issue certs:read']) {
      const other = granted(scope);
      expect(other.ok && other.value).toEqual(both.ok && both.value);
    }
  });

  it.each(['a\tb', 'a  b', ' a', 'a ', '"', '\\', 'é', ''])('TR-10 %j is malformed', (scope) => {
    expect(parseScope('a b').ok).toBe(true);
    expect(parseScope(scope).ok).toBe(false);
  });

  it('TR-11 40 parameters and no more, unknown ones included', () => {
    const body = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=v`).join('&');
    expect(read(body(40))).toEqual({});
    expect(read(body(41))).toBe('parameters_too_many');
  });

  it('TR-16 only names we read are kept', () => {
    const verdict = parseFormParameters('__proto__=x&constructor=y&hasOwnProperty=z&grant_type=a');
    expect(verdict.ok && [...verdict.value.keys()]).toEqual(['grant_type']);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });
});
