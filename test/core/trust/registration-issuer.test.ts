import { describe, expect, it } from 'vitest';
import { parseIssuerUrl } from '../../../src/core/trust/issuer.ts';
import { isOwnIssuer, parseRegisteredIssuer } from '../../../src/core/trust/registration-issuer.ts';

const policy = { allowLoopbackHttp: (url: URL) => url.host === '127.0.0.1:9000' };

describe('A28 AD-10 an issuer is a clean https URL, kept byte for byte', () => {
  it.each([
    'https://token.actions.githubusercontent.com',
    'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    'https://sts.windows.net/11111111-2222-3333-4444-555555555555/',
    'https://acme.eu.auth0.com/',
    'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc',
    'https://oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789',
    'https://kubernetes.default.svc.cluster.local',
    'https://issuer.example:8443/realms/a_b~c',
    'https://10.0.0.1:6443',
    'https://[2001:db8::1]:6443',
    'https://xn--mnchen-3ya.example',
    'http://127.0.0.1:9000',
  ])('AD-10 keeps %s', (issuer) => {
    expect(parseIssuerUrl(issuer, policy)).toEqual({ ok: true, value: issuer });
  });

  it.each([
    ['', 'missing'],
    ['issuer.example', 'not an https URL'],
    ['kubernetes/serviceaccount', 'not an https URL'],
    ['ftp://issuer.example', 'not an https URL'],
    ['file:///etc/passwd', 'not an https URL'],
    ['HTTPS://issuer.example', 'not an https URL'],
    ['http://issuer.example', 'http'],
    ['http://127.0.0.1:9001', 'http'],
    ['https://ISSUER.example', 'lower case'],
    ['https://issuer.example:443', 'plain spelling'],
    ['https://issuer.example:0443', 'plain spelling'],
    ['https://issuer.example:99999', 'host'],
    ['https://issuer.example:', 'host'],
    ['https://i.example@evil.example', '@'],
    ['https://user:secret@i.example', '@'],
    ['https://i.example?x=1', 'query'],
    ['https://i.example?', 'query'],
    ['https://i.example#f', 'fragment'],
    ['https://i.example/a/../b', 'dot segment'],
    ['https://i.example/.', 'dot segment'],
    ['https://i.example/a/..', 'dot segment'],
    ['https://i.example//', 'doubled slash'],
    ['https://i.example/a//b', 'doubled slash'],
    ['https://i.example/%2f', 'percent'],
    ['https://i.example/%61', 'percent'],
    ['https://i.example\\evil', 'back-slash'],
    ['https:\\\\i.example', 'back-slash'],
    [' https://i.example', 'space'],
    ['https://i.example ', 'space'],
    ['https://i.ex\u0000ample', 'control'],
    ['https://i.example\n', 'control'],
    ['https://i.exаmple', 'ASCII'],
    ['https://i\uff0eexample', 'ASCII'],
    ['https://i\u3002example', 'ASCII'],
    ['https://i.example.', 'host'],
    ['https://-i.example', 'host'],
    ['https://i..example', 'host'],
    ['https://i_x.example', 'host'],
    ['https://2130706433', 'plain spelling'],
    ['https://0x7f.1', 'plain spelling'],
    ['https://0177.0.0.1', 'plain spelling'],
    ['https://127.1', 'plain spelling'],
    ['https://[::ffff:127.0.0.1]', 'plain spelling'],
    ['https://[0:0:0:0:0:0:0:1]', 'plain spelling'],
    ['https://', 'host'],
    ['https:///x', 'host'],
    [`https://i.example/${'a'.repeat(600)}`, 'longer'],
  ])('A28 refuses %j and says why: %s', (issuer, word) => {
    const parsed = parseIssuerUrl(issuer, policy);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error).toContain(word);
  });

  it('A98 a long hostile host costs nothing', () => {
    for (const text of [
      `https://${'a-'.repeat(30_000)}`,
      `https://a/${'/.'.repeat(30_000)}`,
      'a'.repeat(60_000),
    ]) {
      expect(parseIssuerUrl(text, policy).ok).toBe(false);
    }
  });
});

describe('ST-29 our own issuers are not registered', () => {
  const own = { ...policy, ownIssuers: ['https://sts.example.com/bureau', 'https://alias.example.com'] };
  it.each([
    'https://sts.example.com/bureau',
    'https://sts.example.com/bureau/',
    'https://sts.example.com/bureau/t/acme',
    'https://sts.example.com/bureau/spiffe',
    'https://alias.example.com',
    'https://alias.example.com/t/acme/spiffe',
  ])('ST-29 refuses %s', (issuer) => {
    const parsed = parseRegisteredIssuer(issuer, own);
    expect(parsed).toMatchObject({ ok: false });
    if (!parsed.ok) expect(parsed.error).toContain('issuer of this server');
  });

  it.each([
    'https://sts.example.com',
    'https://sts.example.com/bureau-of-others',
    'https://sts.example.com:8443/bureau',
    'https://alias.example.com.evil.example',
  ])('ST-29 positive control: %s is another one', (issuer) => {
    expect(parseRegisteredIssuer(issuer, own)).toEqual({ ok: true, value: issuer });
  });

  it('ST-29 the scheme does not count', () => {
    expect(isOwnIssuer(['http://127.0.0.1:8080'], 'https://127.0.0.1:8080')).toBe(true);
    expect(isOwnIssuer(['http://127.0.0.1:8080'], 'http://127.0.0.1:8081')).toBe(false);
  });
});
