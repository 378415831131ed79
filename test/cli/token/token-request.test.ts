import { describe, expect, it } from 'vitest';
import { parseTokenRequest, type TokenOptions } from '../../../src/cli/token/token-request.ts';
import { failureOf } from './fake-world.ts';

const environment = {
  BUREAU_SERVER: 'https://from.environment',
  BUREAU_TENANT: 'acme',
  BUREAU_CREDENTIALS: '/c',
  BUREAU_SUBJECT_TOKEN: 'jwt',
  BUREAU_SUBJECT_TOKEN_FILE: '/t',
  BUREAU_SUBJECT_TOKEN_TYPE: 'id_token',
  BUREAU_TOKEN_VARIABLE: 'V',
  BUREAU_PLATFORM_AUDIENCE: 'platform',
  BUREAU_AUDIENCE: 'api',
  BUREAU_SCOPE: 'read write',
  BUREAU_CLIENT_ID: 'id',
  BUREAU_CREDENTIAL_PROVIDER: 'payments-svid',
  BUREAU_MAX_WAIT: '5',
};
const nothing = {
  server: null,
  tenant: null,
  named: { subjectToken: null, subjectTokenFile: null, tokenVariable: null, credentials: null },
  subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
  platformAudience: null,
  audience: null,
  scope: null,
  clientId: null,
  svid: null,
  format: 'token',
  watch: null,
  maxWaitSeconds: 60,
  allowHttp: false,
  verbose: false,
};

describe('options and environment of bureau token (contract §6)', () => {
  it('nothing: the defaults', () => {
    expect(parseTokenRequest({}, {})).toEqual(nothing);
  });

  it('an empty variable counts as absent', () => {
    const empty = Object.fromEntries(Object.keys(environment).map((name) => [name, '']));
    expect(parseTokenRequest({}, empty)).toEqual(nothing);
  });

  it('every variable is read', () => {
    expect(parseTokenRequest({}, environment)).toEqual({
      ...nothing,
      server: 'https://from.environment',
      tenant: 'acme',
      named: { subjectToken: 'jwt', subjectTokenFile: '/t', tokenVariable: 'V', credentials: '/c' },
      subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token',
      platformAudience: 'platform',
      audience: 'api',
      scope: 'read write',
      clientId: 'id',
      svid: { provider: 'payments-svid' },
      maxWaitSeconds: 5,
    });
  });

  it('every option wins over its variable', () => {
    const options: TokenOptions = {
      server: 'https://from.option',
      tenant: 'other',
      credentials: '/d',
      subjectTokenType: 'jwt',
      platformAudience: 'p',
      audience: 'a',
      scope: 's',
      clientId: 'c',
      credentialProvider: 'other-svid',
      maxWait: '7',
      format: 'header',
      watch: '/w',
      allowHttp: true,
      verbose: true,
    };
    expect(parseTokenRequest(options, environment)).toEqual({
      server: 'https://from.option',
      tenant: 'other',
      named: { ...nothing.named, credentials: '/d' },
      subjectTokenType: nothing.subjectTokenType,
      platformAudience: 'p',
      audience: 'a',
      scope: 's',
      clientId: 'c',
      svid: { provider: 'other-svid' },
      format: 'header',
      watch: '/w',
      maxWaitSeconds: 7,
      allowHttp: true,
      verbose: true,
    });
  });

  it('BUREAU_ISSUER is the server where BUREAU_SERVER is not set', () => {
    const issuer = { BUREAU_ISSUER: 'https://issuer' };
    expect(parseTokenRequest({}, issuer).server).toBe('https://issuer');
    expect(parseTokenRequest({}, { ...environment, ...issuer }).server).toBe('https://from.environment');
  });

  it.each<TokenOptions>([
    { subjectToken: 'x' },
    { subjectTokenFile: '-' },
    { tokenVariable: 'X' },
    { credentials: 'x' },
  ])('a source among the options silences all of the environment: %o', (options) => {
    expect(parseTokenRequest(options, environment).named).toEqual({ ...nothing.named, ...options });
  });

  it.each<[TokenOptions, RegExp]>([
    [{ subjectToken: 'x', credentials: 'y' }, /one of --subject-token/],
    [{ subjectTokenType: 'saml2' }, /--subject-token-type is jwt or id_token, not saml2/],
    [{ subjectTokenType: 'toString' }, /--subject-token-type/],
    [{ format: 'yaml' }, /--format is one of token, json, env, header, not yaml/],
    [{ format: 'constructor' }, /--format/],
    [{ format: 'env', json: true }, /exclude each other/],
    [{ maxWait: '1m' }, /--max-wait is a number of seconds/],
    [{ maxWait: '-1' }, /--max-wait/],
    [{ jwtSvid: true }, /a JWT-SVID is for one service: --audience/],
  ])('%o: exit 2', async (options, line) => {
    const { code, text } = await failureOf((async () => parseTokenRequest(options, {}))());
    expect(code).toBe(2);
    expect(text).toMatch(line);
  });

  it.each<[TokenOptions, Record<string, string>, unknown]>([
    [{}, { BUREAU_AUDIENCE: 'a' }, null],
    [{ jwtSvid: true, audience: 'a' }, {}, { provider: null }],
    [{ jwtSvid: true }, { BUREAU_AUDIENCE: 'a' }, { provider: null }],
    [{ credentialProvider: 'p' }, {}, { provider: 'p' }],
    [{ jwtSvid: true }, { BUREAU_CREDENTIAL_PROVIDER: 'p' }, { provider: 'p' }],
  ])('a JWT-SVID is asked for by %o and %o', (options, variables, svid) => {
    expect(parseTokenRequest(options, variables).svid).toEqual(svid);
  });

  it('--json is --format json', () => {
    expect(parseTokenRequest({ json: true }, {}).format).toBe('json');
    expect(parseTokenRequest({ json: true, format: 'json' }, {}).format).toBe('json');
  });
});
