import { describe, expect, it } from 'vitest';
import { configurationSchema } from '../../src/config/schema.ts';

/** What is wrong with a configuration, one sentence for each problem. */
const problems = (input: Readonly<Record<string, unknown>>): readonly string[] =>
  configurationSchema.safeParse(input).error?.issues.map(({ message }) => message) ?? [];

describe('contract §2: an issuer identifier', () => {
  it.each([
    'https://sts.example.com',
    'https://sts.example.com:8443',
    'https://sts.example.com/base/path',
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://127.9.9.9',
    'http://[::1]:8080',
  ])('%s is accepted', (issuer) => {
    expect(problems({ issuer })).toEqual([]);
  });

  it.each([
    ['sts.example.com', 'must be a URL'],
    ['http://sts.example.com', 'must begin with https://'],
    ['http://127.0.0.1.example.com', 'must begin with https://'],
    ['http://10.0.0.1', 'must begin with https://'],
    ['ftp://127.0.0.1', 'must begin with https://'],
    ['https://sts.example.com/', 'must not end with a slash'],
    ['https://sts.example.com/base/', 'must not end with a slash'],
    ['https://sts.example.com?a=b', 'no user name, query or fragment'],
    ['https://sts.example.com#a', 'no user name, query or fragment'],
    ['https://user@sts.example.com', 'no user name, query or fragment'],
    ['https://STS.example.com', 'canonical form, https://sts.example.com'],
    ['https://sts.example.com:443', 'canonical form, https://sts.example.com'],
    ['https://sts.example.com/a/../b', 'canonical form, https://sts.example.com/b'],
  ])('MD-01 RFC 8414 §2 %s is refused: %s', (issuer, sentence) => {
    expect(problems({ issuer })).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('contract §2: a value that does not fit is refused, and its neighbour is not', () => {
  it.each([
    ['host', '0.0.0.0', ''],
    ['port', 65_535, 65_536],
    ['port', 0, -1],
    ['port', '80', '80.5'],
    ['dataDir', '.', ''],
    ['databaseUrl', 'postgresql://db/bureau', 'mysql://db/bureau'],
    ['databaseUrl', 'sqlite:x.db', 'sqlite:'],
    ['workers', 64, 65],
    ['workers', '2', '0'],
    ['workers', 'auto', 'all'],
    ['databasePoolSize', 200, 201],
    ['keyEncryptionKeyFile', '/run/key', ''],
    ['issuerAccess', [{ origin: 'https://10.0.0.1:6443' }], [{ origin: 'https://10.0.0.1:6443/path' }]],
    ['issuerAccess', [{ origin: 'https://a.example', caFile: '/ca' }], [{ origin: 'ftp://a.example' }]],
    ['issuerAccess', [{ origin: 'https://[::1]:6443' }], [{ origin: 'https://exa mple' }]],
    ['issuerAccess', [{ origin: 'http://10.0.0.1' }], [{ origin: 'https://user@10.0.0.1' }]],
    ['issuerAccess', [{ origin: 'https://10.0.0.1:1' }], [{ origin: 'https://10.0.0.1:99999' }]],
    ['rateLimit', 1, 0],
    ['rateLimit', 'off', 'none'],
    ['tenantRateLimit', 'off', false],
    ['strangerActivities', 1, 0],
    ['trustProxy', ['10.0.0.0/32'], ['10.0.0.0/33']],
    ['trustProxy', 'fd00::/128', 'fd00::/129'],
    ['trustProxy', '10.0.0.1', '10.0.0.1/8/8'],
    ['trustProxy', '10.0.0.1', 'loopback'],
    ['metricsPort', 9090, 'many'],
    ['stopDelaySeconds', 7, 8],
    ['logLevel', 'trace', 'verbose'],
  ])('%s: %j and not %j', (name, good, bad) => {
    expect(problems({ [name]: good })).toEqual([]);
    expect(problems({ [name]: bad })).not.toEqual([]);
  });
});

describe('contract §2: a setting that is a word or a number', () => {
  it.each([
    ['workers', 'auto', 'must be auto, or a whole number from 1 to 64'],
    ['rateLimit', 'off', 'must be off, or a whole number from 1 to 10000000'],
    ['tenantRateLimit', 'off', 'must be off, or a whole number from 1 to 10000000'],
    ['keyGenerationRateLimit', 'off', 'must be off, or a whole number from 1 to 10000000'],
  ])('%s says once what is allowed, whatever was wrong', (name, word, sentence) => {
    expect(problems({ [name]: word })).toEqual([]);
    expect(problems({ [name]: '1' })).toEqual([]);
    const bad = ['0', 'many', '1.5', '0.5', '-1', '99999999', 0, 0.5, 99_999_999, null, [], true];
    expect(bad.map((value) => problems({ [name]: value }))).toEqual(bad.map(() => [sentence]));
  });
});
