// Credentials and assertions as clients by other hands make them, over real sockets, against the real process. What each
// client sends was read from its source; the shapes are spelled out here, not taken from a library.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SignatureAlgorithm } from '../../src/core/jwt/algorithms.ts';
import { type Answer, type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { makeAssertion, type Members } from '../support/own-key.ts';
import {
  changeSettings,
  createAccountWithKey,
  createKeyedAccount,
  createTenant,
} from '../support/registered-accounts.ts';
import { urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused } from '../support/token-answers.ts';

let bureau: BureauProcess;
beforeAll(async () => {
  bureau = await startBureau();
});
afterAll(() => bureau?.stop());
beforeEach(() => accept());

/** From now on the tenant accepts these audiences beside our issuer. */
const accept = (...assertionAudiences: readonly string[]): Promise<void> =>
  changeSettings(bureau.admin, { assertionAudiences });

/** A private key of an account, as a client has it. */
interface ForeignKey {
  readonly accountId: string;
  readonly algorithm: SignatureAlgorithm;
  readonly privateKey: KeyObject;
}

/** An assertion of exactly these header members and claims beside `alg` and `iss` = `sub`; times are the caller's. */
const assertionOf = (
  { accountId, algorithm, privateKey }: ForeignKey,
  header: Members,
  claims: Members,
): string =>
  makeAssertion(
    { accountId, algorithm, privateKey, kid: '', audience: '' },
    { iat: undefined, exp: undefined, jti: undefined, aud: undefined, ...claims },
    { kid: undefined, typ: undefined, ...header },
  );

const now = (): number => Math.floor(Date.now() / 1000);

const clientCredentials = (assertion: string, more: Record<string, string> = {}): Promise<Answer> =>
  bureau.token({
    grant_type: 'client_credentials',
    client_assertion_type: urn.assertionType,
    client_assertion: assertion,
    ...more,
  });

/** What an administrator reads behind the receipt: the reason, the account, and every check that failed. */
const receiptOf = async (answer: Answer) => {
  const activity = (await bureau.admin('GET', `/activities/${answer.body.receipt}`)).body;
  const failures = (
    activity.checks as { check: string; ok: boolean; presented: string; hint?: string }[]
  ).filter(({ ok }) => !ok);
  return { reason: activity.reason, account: activity.account?.id ?? null, failures };
};

const newKey = async (name: string): Promise<ForeignKey> => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    accountId: await createAccountWithKey(bureau.admin, name, publicKey),
    algorithm: 'RS256',
    privateKey,
  };
};

const audienceHint = expect.stringContaining('add its literal to assertionAudiences of the tenant');

describe('venafi-kubernetes-agent of jetstack-secure: JWT bearer grant, RFC 7523 §2.1', () => {
  const path = '/v1/oauth/token/serviceaccount';
  const literal = 'api.venafi.cloud/v1/oauth/token/serviceaccount';
  const send = (assertion: string): Promise<Answer> =>
    bureau.token({ grant_type: urn.jwtBearer, assertion }, path);
  const assertionBy = (key: ForeignKey): string => {
    const iat = now();
    return assertionOf(key, { typ: 'JWT' }, { aud: literal, iat, exp: iat + 60, jti: randomUUID() });
  };

  /** The kinds of key the agent takes, and the algorithm it signs with. */
  const kinds: readonly [SignatureAlgorithm, () => { publicKey: KeyObject; privateKey: KeyObject }][] = [
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RS384', () => generateKeyPairSync('rsa', { modulusLength: 3072 })],
    ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['EdDSA', () => generateKeyPairSync('ed25519')],
  ];

  it.each(kinds)(
    'CA-08 JB-06 %s without kid: its fixed audience counts once the tenant lists it',
    async (algorithm, make) => {
      const { privateKey, publicKey } = make();
      const name = `agent-${algorithm.toLowerCase()}`;
      const accountId = await createAccountWithKey(bureau.admin, name, publicKey, algorithm);
      const key = { accountId, algorithm, privateKey };

      const refused = await send(assertionBy(key));
      expectRefused(refused, 400, 'invalid_grant');
      expect(await receiptOf(refused)).toMatchObject({
        reason: 'audience_mismatch',
        account: accountId,
        failures: [{ check: 'claims.aud', presented: expect.stringContaining(literal), hint: audienceHint }],
      });

      await accept(literal);
      const assertion = assertionBy(key);
      expectIssued(await send(assertion));
      const again = await send(assertion);
      expectRefused(again, 400, 'invalid_grant');
      expect(await receiptOf(again)).toMatchObject({ reason: 'replayed' });
    },
  );
});

describe.each(['default', 'acme'])(
  'CyberArk remote access clients, tenant %s: client credentials',
  (tenant) => {
    let key: ForeignKey;
    let tokenEndpoint: string;
    let issuer: string;
    beforeAll(async () => {
      const admin = tenant === 'default' ? bureau.admin : await createTenant(bureau, tenant);
      const credentials = await createKeyedAccount(admin, { name: 'remote-access' });
      key = {
        accountId: credentials.serviceAccountId,
        algorithm: 'RS256',
        privateKey: createPrivateKey(credentials.privateKey),
      };
      // The file says where to begin; the rest is found from there.
      const document = await fetch(credentials.discoveryURI);
      const found = (await document.json()) as Record<'token_endpoint' | 'issuer', string>;
      ({ token_endpoint: tokenEndpoint, issuer } = found);
    });

    const nameOf = (): string => `${tenant}.${key.accountId}.ExternalServiceAccount`;
    const send = (assertion: string): Promise<Answer> =>
      bureau.token(
        {
          grant_type: 'client_credentials',
          client_assertion_type: urn.assertionType,
          client_assertion: assertion,
        },
        new URL(tokenEndpoint).pathname,
      );
    const claims = (more: Members = {}): Members => {
      const iat = now();
      return { iss: nameOf(), sub: nameOf(), aud: issuer, iat, exp: iat + 300, jti: randomUUID(), ...more };
    };

    it('CA-06 CA-18 createremoteaccessjwt (Go): the long name, no kid, five minutes', async () => {
      expectIssued(await send(assertionOf(key, { typ: 'JWT' }, claims())));
    });

    it.each([
      ['of another tenant', () => `other.${key.accountId}.ExternalServiceAccount`],
      ['with another ending', () => `${tenant}.${key.accountId}.InternalServiceAccount`],
    ])('CA-06 a name %s is nobody', async (_name, name) => {
      const answer = await send(assertionOf(key, { typ: 'JWT' }, claims({ iss: name(), sub: name() })));
      expectRefused(answer, 400, 'invalid_client');
    });
  },
);

describe('alero-helper.ps1 (PowerShell)', () => {
  let key: ForeignKey;
  beforeAll(async () => {
    key = await newKey('alero-helper');
  });
  /** What the script sends: 72 hours, and nbf as a string. */
  const send = (more: Members = {}): Promise<Answer> => {
    const name = `default.${key.accountId}.ExternalServiceAccount`;
    const iat = now();
    const sent = { iss: name, sub: name, aud: bureau.issuer, iat, nbf: '0', exp: iat + 72 * 3600 };
    return clientCredentials(assertionOf(key, { typ: 'JWT' }, { ...sent, jti: randomUUID(), ...more }));
  };
  const tooFarAhead = { check: 'claims.exp', hint: expect.stringContaining('let it live a minute') };
  const tooLong = {
    check: 'claims.lifetime',
    presented: '259200 s',
    hint: expect.stringContaining('live a minute'),
  };
  const textForTime = {
    check: 'claims.nbf',
    presented: expect.stringContaining('"0"'),
    hint: expect.stringContaining('JWT times are JSON numbers'),
  };

  it('CA-12 CA-13 is refused, and the receipt says exactly why, all of it at once', async () => {
    const answer = await send();
    expectRefused(answer, 400, 'invalid_client');
    expect(await receiptOf(answer)).toEqual({
      reason: 'expires_too_far_ahead',
      account: key.accountId,
      failures: [tooFarAhead, tooLong, textForTime].map((failure) => expect.objectContaining(failure)),
    });
  });

  it.each([
    ['the life alone is mended', () => ({ exp: now() + 300 }), 'claim_malformed', [textForTime]],
    ['nbf alone is mended', () => ({ nbf: 0 }), 'expires_too_far_ahead', [tooFarAhead, tooLong]],
  ])('CA-12 CA-13 is still refused when %s', async (_name, more, reason, failures) => {
    const answer = await send(more());
    expectRefused(answer, 400, 'invalid_client');
    expect(await receiptOf(answer)).toMatchObject({ reason, failures });
  });

  it('works when both are mended', async () => {
    expectIssued(await send({ exp: now() + 300, nbf: 0 }));
    expectIssued(await send({ exp: now() + 300, nbf: undefined }));
  });
});

describe('libraries that make assertions', () => {
  let key: ForeignKey;
  beforeAll(async () => {
    key = await newKey('libraries');
  });
  const tokenUrl = (): string => `${bureau.issuer}/token`;
  const jti = (): string => randomUUID();

  it('CA-12 Nimbus: five minutes, aud as a list of our issuer, neither iat nor nbf', async () => {
    const claims = { aud: [bureau.issuer], exp: now() + 300, jti: jti() };
    expectIssued(await clientCredentials(assertionOf(key, {}, claims), { client_id: key.accountId }));
  });

  it.each([
    [
      'Authlib: an hour, no client_id',
      { typ: 'JWT' },
      (): Members => ({ aud: tokenUrl(), iat: now(), exp: now() + 3600, jti: jti() }),
      false,
    ],
    [
      'Spring Security: aud as a list',
      { kid: undefined },
      (): Members => ({ aud: [tokenUrl()], iat: now(), exp: now() + 60, jti: jti() }),
      true,
    ],
  ])(
    'CA-07 CA-08 %s: the token endpoint counts once the tenant lists it',
    async (_name, header, claims, withId) => {
      const send = (): Promise<Answer> =>
        clientCredentials(assertionOf(key, header, claims()), withId ? { client_id: key.accountId } : {});
      const refused = await send();
      expectRefused(refused, 400, 'invalid_client');
      expect(await receiptOf(refused)).toMatchObject({
        reason: 'audience_mismatch',
        account: key.accountId,
        failures: [
          { check: 'claims.aud', presented: expect.stringContaining(tokenUrl()), hint: audienceHint },
        ],
      });
      await accept(tokenUrl());
      expectIssued(await send());
    },
  );

  it('CA-07 a list of our issuer and the token endpoint is refused, also where both count', async () => {
    await accept(tokenUrl());
    const both = { aud: [bureau.issuer, tokenUrl()], exp: now() + 300, jti: jti() };
    const refused = await clientCredentials(assertionOf(key, {}, both));
    expectRefused(refused, 400, 'invalid_client');
    expect(await receiptOf(refused)).toMatchObject({
      reason: 'audience_several',
      failures: [{ check: 'claims.aud', hint: expect.stringContaining('our issuer identifier alone') }],
    });
    expectIssued(await clientCredentials(assertionOf(key, {}, { ...both, aud: [bureau.issuer] })));
  });

  describe('golang.org/x/oauth2/jwt', () => {
    /** `Config.TokenSource`: ten seconds back, an hour long, never a jti; `sub` only where a subject is set. */
    const send = (more: Members): Promise<Answer> => {
      const iat = now() - 10;
      const claims = { aud: tokenUrl(), scope: '', iat, exp: iat + 3600, ...more };
      return bureau.token({
        grant_type: urn.jwtBearer,
        assertion: assertionOf(key, { typ: 'JWT' }, claims),
      });
    };
    beforeEach(() => accept(tokenUrl()));

    it('CA-14 JB-02 without jti it is refused, and the receipt says what is missing', async () => {
      const refused = await send({});
      expectRefused(refused, 400, 'invalid_grant');
      expect(await receiptOf(refused)).toMatchObject({
        reason: 'claim_missing',
        account: key.accountId,
        failures: [{ check: 'claims.jti', presented: 'absent', hint: expect.stringContaining('a UUID') }],
      });
      expectIssued(await send({ jti: jti() }));
    });

    it('CA-06 JB-05 without a subject it names no account, and the receipt says what to send', async () => {
      const refused = await send({ sub: undefined, jti: jti() });
      expectRefused(refused, 400, 'invalid_grant');
      expect(await receiptOf(refused)).toMatchObject({
        reason: 'account_unknown',
        failures: [{ check: 'assertion.account', hint: expect.stringContaining('in both iss and sub') }],
      });
    });
  });

  it('CA-01 golang.org/x/oauth2/clientcredentials tries Basic first: refused, and the assertion is still good', async () => {
    const assertion = assertionOf(key, { typ: 'JWT' }, { aud: bureau.issuer, exp: now() + 60, jti: jti() });
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: urn.assertionType,
      client_assertion: assertion,
    });
    const basic = Buffer.from(`${key.accountId}:`).toString('base64');
    const first = await fetch(tokenUrl(), {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body,
    });
    expect(first.status).toBeGreaterThanOrEqual(400);
    expect(first.status).toBeLessThanOrEqual(401);
    expect(await first.json()).not.toHaveProperty('access_token');
    expectIssued(await clientCredentials(assertion, { client_id: key.accountId }));
  });
});

describe('private keys in files by other hands', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  it.each([
    ['PKCS#1', 'BEGIN RSA PRIVATE KEY', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }), 'RS256'],
    ['PKCS#8', 'BEGIN PRIVATE KEY', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }), 'RS256'],
    ['SEC1', 'BEGIN EC PRIVATE KEY', ec.privateKey.export({ type: 'sec1', format: 'pem' }), 'ES256'],
    [
      'PKCS#8 of a curve',
      'BEGIN PRIVATE KEY',
      ec.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'ES256',
    ],
  ] as const)('a key in %s signs, and its public half is accepted', async (name, label, pem, algorithm) => {
    expect(pem).toContain(`-----${label}-----`);
    const privateKey = createPrivateKey(pem);
    const account = `file-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
    const accountId = await createAccountWithKey(bureau.admin, account, createPublicKey(privateKey));
    const claims = { aud: bureau.issuer, exp: now() + 60, jti: randomUUID() };
    expectIssued(await clientCredentials(assertionOf({ accountId, algorithm, privateKey }, {}, claims)));
  });

  it('a public key in PKCS#1 is accepted as well', async () => {
    const pem = rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(pem).toContain('-----BEGIN RSA PUBLIC KEY-----');
    const accountId = await createAccountWithKey(bureau.admin, 'public-pkcs1', pem);
    const claims = { aud: bureau.issuer, exp: now() + 60, jti: randomUUID() };
    const key = { accountId, algorithm: 'RS256', privateKey: rsa.privateKey } as const;
    expectIssued(await clientCredentials(assertionOf(key, {}, claims)));
  });

  it('the file this server hands out also works rewritten as PKCS#1, as older clients keep it', async () => {
    const credentials = await createKeyedAccount(bureau.admin, { name: 'file-rewritten' });
    const pem = createPrivateKey(credentials.privateKey).export({ type: 'pkcs1', format: 'pem' });
    const key = {
      accountId: credentials.serviceAccountId,
      algorithm: 'RS256',
      privateKey: createPrivateKey(pem),
    } as const;
    const claims = { aud: credentials.issuer, exp: now() + 60, jti: randomUUID() };
    expectIssued(await clientCredentials(assertionOf(key, {}, claims)));
  });
});
