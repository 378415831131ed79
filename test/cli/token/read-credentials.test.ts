import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../../src/cli/token/read-credentials.ts';
import { signAssertion } from '../../../src/cli/token/sign-assertion.ts';
import { createSignatureVerifier } from '../../../src/adapters/signature/signature-verifier.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { SignatureAlgorithm } from '../../../src/core/jwt/algorithms.ts';
import { createFakeWorld, failureOf, type FakeWorldOptions, worldStart } from './fake-world.ts';

const issuer = 'https://sts.example.com';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const p256 = ec('P-256');
const ed25519 = generateKeyPairSync('ed25519');
const pem = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8'): string =>
  key.export({ format: 'pem', type }).toString();

const ours = {
  serviceAccountId: 'account-1',
  clientId: 'account-1',
  privateKey: pem(p256.privateKey),
  keyId: 'kid-1',
  algorithm: 'ES256',
  tenant: 'default',
  issuer,
  discoveryURI: `${issuer}/.well-known/openid-configuration`,
  tokenEndpoint: `${issuer}/token`,
};

const read = async (
  file: unknown,
  world: FakeWorldOptions = {},
  options: Parameters<typeof readCredentials>[2] = {},
) => {
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  const context = createFakeWorld({ ...world, files: { '/keys/account.json': text, ...world.files } });
  return { credentials: await readCredentials(context, '/keys/account.json', options), context };
};

/** A server whose discovery document stands at its issuer. */
const discovery = (found: string): FakeWorldOptions => ({
  answer: ({ url }) =>
    url === `${found}/.well-known/openid-configuration`
      ? Response.json({ issuer: found, token_endpoint: `${found}/v2/token` })
      : new Response('', { status: 404 }),
});

describe('credentials files (contract §5, §6)', () => {
  it('ours: everything is in it, and nobody is asked', async () => {
    const { credentials, context } = await read(ours);
    expect(credentials).toEqual({
      accountId: 'account-1',
      subject: 'account-1',
      privateKey: expect.anything(),
      keyId: 'kid-1',
      algorithm: 'ES256',
      issuer,
      tokenEndpoint: `${issuer}/token`,
    });
    expect(context.calls).toEqual([]);
    expect(context.err()).toBe('');
  });

  it.each([
    [
      'serviceAccountId and discoveryURL, as CyberArk writes it',
      { serviceAccountId: 'a', discoveryURL: `${issuer}/.well-known/openid-configuration` },
    ],
    [
      'clientId and discoveryURI',
      { clientId: 'a', discoveryURI: `${issuer}/.well-known/openid-configuration` },
    ],
    ['client_id and issuer', { client_id: 'a', issuer }],
  ])('§2, §3b %s: the rest is asked of the server', async (_title, members) => {
    const file = { ...members, privateKey: pem(rsa.privateKey, 'pkcs1') };
    const { credentials } = await read(file, discovery(issuer));
    expect(credentials).toMatchObject({
      accountId: 'a',
      keyId: null,
      algorithm: 'RS256',
      issuer,
      tokenEndpoint: `${issuer}/v2/token`,
    });
  });

  it('RFC 8414 §3.1 a discovery document between host and path leads to the same issuer', async () => {
    const file = {
      clientId: 'a',
      private_key: ours.privateKey,
      discoveryURI: `${issuer}/.well-known/oauth-authorization-server/t/acme`,
    };
    const { credentials } = await read(file, discovery(`${issuer}/t/acme`));
    expect(credentials.issuer).toBe(`${issuer}/t/acme`);
  });

  it('§2 a key in a file of its own, found beside the credentials file', async () => {
    const file = { client_id: 'a', private_key_file: 'key.pem', issuer, tokenEndpoint: `${issuer}/token` };
    const files = { '/keys/key.pem': pem(p256.privateKey, 'sec1') };
    const { credentials } = await read(file, { files });
    expect(credentials.algorithm).toBe('ES256');
    expect(await failureOf(read(file))).toEqual({
      code: 2,
      text: 'the credentials file /keys/account.json names a private key that is not there: /keys/key.pem',
    });
  });

  const kinds: readonly [
    string,
    string,
    { privateKey: KeyObject; publicKey: KeyObject },
    SignatureAlgorithm,
  ][] = [
    ['RSA, PKCS#1', pem(rsa.privateKey, 'pkcs1'), rsa, 'RS256'],
    ['RSA, PKCS#8', pem(rsa.privateKey), rsa, 'RS256'],
    ['RSA with line ends written as \\n', pem(rsa.privateKey).replaceAll('\n', String.raw`\n`), rsa, 'RS256'],
    ['P-256, SEC1', pem(p256.privateKey, 'sec1'), p256, 'ES256'],
    ['P-256, PKCS#8', pem(p256.privateKey), p256, 'ES256'],
    ...(
      [
        ['P-384', 'ES384'],
        ['P-521', 'ES512'],
      ] as const
    ).map(([curve, algorithm]): (typeof kinds)[number] => {
      const pair = ec(curve);
      return [curve, pem(pair.privateKey, 'sec1'), pair, algorithm];
    }),
    ['Ed25519', pem(ed25519.privateKey), ed25519, 'Ed25519'],
  ];
  it.each(kinds)(
    '§6 %s: algorithm by the key, and an assertion that verifies',
    async (_title, privateKey, pair, algorithm) => {
      const { algorithm: _, ...file } = { ...ours, privateKey };
      const { credentials } = await read(file);
      expect(credentials.algorithm).toBe(algorithm);
      const assertion = signAssertion(credentials, worldStart);
      const [header = '', claims = '', signature = ''] = assertion.split('.');
      const parse = (segment: string): unknown => JSON.parse(Buffer.from(segment, 'base64url').toString());
      expect(parse(header)).toEqual({ alg: algorithm, typ: 'JWT', kid: 'kid-1' });
      expect(parse(claims)).toEqual({
        iss: 'account-1',
        sub: 'account-1',
        aud: issuer,
        iat: worldStart / 1000,
        exp: worldStart / 1000 + 60,
        jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(await verifies(algorithm, pair.publicKey, `${header}.${claims}`, signature)).toBe(true);
      expect(signAssertion(credentials, worldStart)).not.toBe(assertion);
    },
  );

  it.each(['RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const)(
    '§6 the algorithm of the file wins: %s',
    async (algorithm) => {
      const { credentials } = await read({ ...ours, privateKey: pem(rsa.privateKey), algorithm });
      expect(credentials.algorithm).toBe(algorithm);
      const [header = '', claims = '', signature = ''] = signAssertion(credentials, worldStart).split('.');
      expect(await verifies(algorithm, rsa.publicKey, `${header}.${claims}`, signature)).toBe(true);
    },
  );

  it('a header without kid where the file names none', async () => {
    const { keyId: _, ...file } = ours;
    const { credentials } = await read(file);
    const [header = ''] = signAssertion(credentials, worldStart).split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'ES256', typ: 'JWT' });
  });

  it.each([
    ['not JSON', `{"privateKey": "${ours.privateKey}`, /is not a JSON object/],
    ['a list', '[]', /is not a JSON object/],
    ['no account', { ...ours, serviceAccountId: undefined, clientId: '' }, /no serviceAccountId or clientId/],
    ['a number for an id', { ...ours, serviceAccountId: 7 }, /serviceAccountId is not a text/],
    ['no key', { ...ours, privateKey: undefined }, /has no privateKey/],
    ['a key that is none', { ...ours, privateKey: 'hunter2' }, /not PEM of PKCS#8, PKCS#1 or SEC1/],
    [
      'a public key',
      { ...ours, privateKey: p256.publicKey.export({ format: 'pem', type: 'spki' }) },
      /is a public key/,
    ],
    [
      'an encrypted key',
      {
        ...ours,
        privateKey: p256.privateKey.export({
          format: 'pem',
          type: 'pkcs8',
          cipher: 'aes-256-cbc',
          passphrase: 'x',
        }),
      },
      /is encrypted with a password/,
    ],
    [
      'secp256k1',
      { ...ours, privateKey: pem(ec('secp256k1').privateKey) },
      /of a kind no algorithm here signs with/,
    ],
    ['HMAC', { ...ours, algorithm: 'HS256' }, /not one that the server verifies/],
    [
      'another algorithm than the key',
      { ...ours, algorithm: 'RS256' },
      /RS256, and its private key is of another kind/,
    ],
    ['no server', { ...ours, issuer: undefined, discoveryURI: undefined }, /names no server: --server/],
    [
      'a discovery URI that is none',
      { ...ours, issuer: undefined, discoveryURI: 'https://x/y' },
      /discovery URI does not end/,
    ],
    [
      'a token endpoint over http',
      { ...ours, tokenEndpoint: 'http://sts.example.com/token' },
      /not an https URL/,
    ],
    [
      'an issuer over http',
      { ...ours, issuer: 'http://sts.example.com', tokenEndpoint: undefined },
      /not an https URL/,
    ],
  ])('%s: exit 2, and nothing of the key', async (_title, file, line) => {
    const { code, text } = await failureOf(read(file));
    expect(code).toBe(2);
    expect(text).toMatch(line);
    expect(text).not.toMatch(/BEGIN|hunter2|[A-Za-z0-9+/]{40}/);
  });

  it('no file: exit 2', async () => {
    expect((await failureOf(readCredentials(createFakeWorld(), 'nix.json'))).text).toBe(
      'there is no credentials file nix.json',
    );
  });

  it('A102 a file that others can read: a warning; 0600: none', async () => {
    for (const [mode, warns] of [
      [0o600, false],
      [0o400, false],
      [0o640, true],
      [0o644, true],
      [0o604, true],
    ] as const) {
      const { context } = await read(ours, { modes: { '/keys/account.json': 0o100000 | mode } });
      expect(context.err().includes('warning: others on this machine can read /keys/account.json')).toBe(
        warns,
      );
    }
  });
});

describe('the server of a credentials file', () => {
  it.each([
    ['http://sts.example.com', false, /the issuer in \/keys\/account\.json is not an https URL/],
    ['notaurl', true, /the issuer in \/keys\/account\.json is not a URL: notaurl/],
    ['ftp://sts.example.com', true, /is not an https URL/],
    ['http://sts.example.com', true, null],
    ['http://127.0.0.1:8080', false, null],
  ])(
    'A55 its issuer %s, --allow-http %s: held to the rule of the token endpoint',
    async (url, allowHttp, line) => {
      const found = read({ ...ours, issuer: url }, {}, { allowHttp });
      if (line === null) return expect((await found).credentials.issuer).toBe(url);
      const { code, text } = await failureOf(found);
      expect(code).toBe(2);
      expect(text).toMatch(line);
    },
  );

  it('--server wins over the file, and its issuer becomes the audience', async () => {
    const other = 'https://other.example';
    const { credentials } = await read(ours, discovery(other), { server: other });
    expect(credentials).toMatchObject({ issuer: other, tokenEndpoint: `${other}/v2/token` });
  });

  it('the same server as in the file is not asked', async () => {
    const { context } = await read(ours, {}, { server: `${issuer}/` });
    expect(context.calls).toEqual([]);
  });

  it('the tenant of the file is the tenant on --server', async () => {
    const file = { ...ours, tenant: 'acme', issuer: `${issuer}/t/acme` };
    const { credentials } = await read(file, {}, { server: issuer });
    expect(credentials.issuer).toBe(`${issuer}/t/acme`);
  });

  it('another tenant than that of the file: exit 2', async () => {
    expect((await failureOf(read(ours, {}, { tenant: 'acme' }))).text).toBe(
      'the credentials file /keys/account.json is of tenant default, not of acme',
    );
  });
});

/** Verified by the server's own code. */
const verifies = async (
  algorithm: SignatureAlgorithm,
  publicKey: KeyObject,
  signingInput: string,
  signature: string,
): Promise<boolean> => {
  const verifier = createSignatureVerifier();
  const key = verifier.importKey(publicKey.export({ format: 'jwk' }) as JsonObject);
  if (!key.ok) throw new Error(key.error);
  return verifier.verify(algorithm, key.value, signingInput, Buffer.from(signature, 'base64url'));
};
