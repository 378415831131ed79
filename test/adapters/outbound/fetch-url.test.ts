import { describe, expect, it } from 'vitest';
import { allowsLoopbackHttp, parseFetchUrl } from '../../../src/adapters/outbound/fetch-url.ts';
import { parseOutboundAllow } from '../../../src/adapters/outbound/outbound-allow.ts';
import { nothingAllowed } from '../../support/nothing-allowed.ts';

const allowed = (text: string) => {
  const parsed = parseOutboundAllow(text);
  return parsed.ok ? parsed.value : nothingAllowed;
};

describe('URLs that may be fetched', () => {
  it.each([
    ['https://token.actions.githubusercontent.com/.well-known/jwks', ''],
    ['https://www.googleapis.com/oauth2/v3/certs', ''],
    ['https://login.microsoftonline.com/common/discovery/keys?p=b2c_1', ''],
    ['https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com', ''],
    ['https://idp.example/a%20b/jwks', ''],
    ['https://IdP.Example/jwks', ''],
    ['https://idp.example:443/jwks', ''],
    ['https://idp.example', ''],
    ['https://idp.example?x=1', ''],
    ['https://xn--bcher-kva.example/jwks', ''],
    ['https://1.1.1.1/jwks', ''],
    ['https://[2606:4700::1111]/jwks', ''],
    ['https://[2606:4700:0:0:0:0:0:1111]/jwks', ''],
    ['https://my_idp.example/jwks', ''],
    ['https://idp.example/..well-known/a..b/jwks', ''],
    ['https://idp.internal:8443/jwks', 'idp.internal:8443'],
    ['https://10.0.0.1:6443/openid/v1/jwks', '10.0.0.0/8'],
    ['https://10.0.0.1:6443/openid/v1/jwks', '10.0.0.1:6443'],
    ['https://[fd00::5]:6443/jwks', '[fd00::5]:6443'],
    ['https://localhost:8443/jwks', 'localhost:8443'],
    ['http://127.0.0.1:8080/jwks', '127.0.0.1:8080'],
    ['http://127.0.0.1:8080/jwks', '127.0.0.0/8'],
    ['http://[::1]:8080/jwks', '[::1]:8080'],
    ['http://localhost:8080/jwks', 'localhost:8080'],
    ['http://localhost/jwks', 'localhost:80'],
  ])('%s with %j', (url, allow) => {
    expect(parseFetchUrl(url, allowed(allow))).toMatchObject({ ok: true });
  });

  it.each([
    ['http://idp.example/jwks', ''],
    ['http://idp.internal:80/jwks', 'idp.internal:80'],
    ['http://10.0.0.1:8080/jwks', '10.0.0.0/8'],
    ['http://localhost:8080/jwks', 'localhost:8081'],
    ['http://localhost:8080/jwks', '127.0.0.0/8'],
    ['http://127.0.0.1:8080/jwks', ''],
    ['https://localhost.evil.example:8443/', 'localhost:8443'],
    ['https://idp.example:8443/jwks', ''],
    ['https://idp.example:8443/jwks', '10.0.0.0/8'],
    ['https://8.8.8.8:8443/jwks', ''],
    ['https://idp.example:0/jwks', ''],
    ['https://idp.example:65536/jwks', ''],
    ['https://idp.example:/jwks:x', ''],
    ['https://idp.example:4 43/jwks', ''],
    ['https:///jwks', ''],
    ['https://', ''],
    ['https:idp.example', ''],
    ['//idp.example/jwks', ''],
    ['idp.example/jwks', ''],
    ['', ''],
    ['ftp://idp.example/jwks', ''],
    ['https://user@idp.example/jwks', ''],
    ['https://user:pass@idp.example/jwks', ''],
    ['https://@idp.example/jwks', ''],
    ['https://idp.example\\@127.0.0.1/', ''],
    ['https://idp.example/jwks#x', ''],
    ['https://idp.example/jwks#', ''],
    ['https://idp.example./jwks', ''],
    ['https://idp..example/jwks', ''],
    ['https://.example/jwks', ''],
    ['https://-idp.example/jwks', ''],
    [`https://${'a'.repeat(64)}.example/`, ''],
    [`https://idp.example/${'a'.repeat(2048)}`, ''],
    ['https://idp.ex%61mple/jwks', ''],
    ['https://bücher.example/jwks', ''],
    ['https://idp.example/jwks\n', ''],
    [' https://idp.example/jwks', ''],
    ['https://idp.example/a/../jwks', ''],
    ['https://idp.example/./jwks', ''],
    ['https://idp.example/jwks/..', ''],
    ['https://idp.example/%2e%2e/jwks', ''],
    ['https://idp.example/a%2fb', ''],
    ['https://idp.example/a%5cb', ''],
    ['https://idp.example/a%0ab', ''],
    ['https://idp.example/%zz', ''],
    ['https://idp.example/%', ''],
    ['https://[::1', ''],
    ['https://[v1.x]/', ''],
    ['https://[fe80::1%25eth0]/', ''],
    ['https://[1.1.1.1]/', ''],
  ])('%s with %j is refused with a sentence', (url, allow) => {
    const parsed = parseFetchUrl(url, allowed(allow));
    expect(parsed).toEqual({ ok: false, error: expect.stringMatching(/\.$/) });
  });
});

describe('the sentence says what is wrong', () => {
  it.each([
    ['https://user@idp.example/', 'user name'],
    ['https://idp.example./', 'end with a dot'],
    ['https://ex%61mple.example/', 'percent-encoded'],
    ['https://idp.example/#x', 'fragment'],
    ['https://idp.example:8443/', 'idp.example:8443 in BUREAU_OUTBOUND_ALLOW'],
    ['https://[fd00::5]/', '[fd00::5]:443 in BUREAU_OUTBOUND_ALLOW'],
    ['http://127.0.0.1:9000/', '127.0.0.1:9000 in BUREAU_OUTBOUND_ALLOW'],
    ['http://idp.example/', 'begin with https://'],
    ['https://127.1/', 'plain form'],
    ['https://bücher.example/', 'xn--'],
  ])('%s: %s', (url, expected) => {
    expect(parseFetchUrl(url, nothingAllowed)).toEqual({
      ok: false,
      error: expect.stringContaining(expected),
    });
  });
});

describe('http: issuers (contract §2)', () => {
  it.each([
    ['http://127.0.0.1:9000', '127.0.0.1:9000', true],
    ['http://127.0.0.1:9000', '127.0.0.0/8', true],
    ['http://localhost:9000', 'localhost:9000', true],
    ['http://[::1]:9000', '[::1]:9000', true],
    ['http://127.0.0.1:9000', '127.0.0.1:9001', false],
    ['http://127.0.0.1:9000', '', false],
    ['http://10.0.0.1:9000', '10.0.0.1:9000', false],
    ['http://idp.internal:9000', 'idp.internal:9000', false],
  ])('%s with %j: %s', (url, allow, expected) => {
    expect(allowsLoopbackHttp(allowed(allow), new URL(url))).toBe(expected);
  });
});
