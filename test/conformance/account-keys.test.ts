// Groups C and M of the checklist where they meet: keys that are registered over the admin API and then used.
import { createHmac, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allSignatureAlgorithms, type SignatureAlgorithm } from '../../src/core/jwt/algorithms.ts';
import type { Answer } from '../support/bureau-process.ts';
import { createFakeIssuerKey } from '../support/fake-issuer.ts';
import { encodeSegment } from '../support/jws.ts';
import { makeAssertion, type OwnKey, ownKeyOf, registerKey } from '../support/own-key.ts';
import { certify } from '../support/tls.ts';
import { doors, openTestBureau, type TestBureau } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, reasonBehind } from '../support/token-answers.ts';

const ownKeyDoors = doors.slice(1);
const any = { 'if-match': '*' };

let bureau: TestBureau;
beforeAll(async () => {
  bureau = await openTestBureau();
});
afterAll(() => bureau.close());

let made = 0;
const openAccount = async (): Promise<string> => {
  made += 1;
  const created = await bureau.admin('POST', '/service-accounts', {
    name: `account-${made}`,
    owningTeam: 'default',
    useCase: 'custom-api-integration',
  });
  return created.body.id as string;
};
const addKey = (account: string, body: unknown): Promise<Answer> =>
  bureau.admin('POST', `/service-accounts/${account}/keys`, body);
const refused = async (answer: Answer, error: string, reason: string): Promise<void> => {
  expectRefused(answer, 400, error);
  expect(await reasonBehind(bureau, answer)).toBe(reason);
};

describe('AD-09 CA-16 CA-17 each kind of key, pinned to one algorithm', () => {
  const modern = (algorithm: SignatureAlgorithm) => (algorithm === 'EdDSA' ? 'Ed25519' : algorithm);

  it.each(allSignatureAlgorithms)(
    'CA-16 CA-17 %s signs in, and nothing else does with that key',
    async (algorithm) => {
      const key = await registerKey(bureau, await openAccount(), algorithm);
      expect(key.algorithm).toBe(modern(algorithm));
      for (const { form, badToken } of ownKeyDoors) {
        expectIssued(await bureau.token(form(makeAssertion(key))));
        expectIssued(await bureau.token(form(makeAssertion(key, {}, { kid: undefined }))));
        // Truly signed by another algorithm of the same kind of key, and only claimed to be.
        for (const other of ['RS256', 'RS512', 'PS256', 'PS512'] as const) {
          if (other === algorithm || key.privateKey.asymmetricKeyType !== 'rsa') continue;
          await refused(
            await bureau.token(form(makeAssertion({ ...key, algorithm: other }))),
            badToken,
            'account_key_unusable',
          );
        }
        for (const alg of allSignatureAlgorithms)
          if (modern(alg) !== modern(algorithm))
            await refused(
              await bureau.token(form(makeAssertion(key, {}, { alg }))),
              badToken,
              'account_key_unusable',
            );
      }
    },
  );

  it.each<[string, (jwk: object) => object]>([
    ['by algorithm', (jwk) => ({ publicKey: jwk, algorithm: 'PS256' })],
    ['by the alg of the JWK', (jwk) => ({ publicKey: { ...jwk, alg: 'PS256' } })],
    ['by both', (jwk) => ({ publicKey: { ...jwk, alg: 'PS256' }, algorithm: 'PS256' })],
  ])('CA-17 an RSA key pinned to PS256 %s verifies PS256, and not RS256', async (_how, bodyOf) => {
    const { privateKey, publicKey } = await createFakeIssuerKey('RS256');
    const accountId = await openAccount();
    const added = await addKey(accountId, bodyOf(publicKey.export({ format: 'jwk' })));
    expect([added.status, added.body.algorithm]).toEqual([201, 'PS256']);
    const key: OwnKey = {
      accountId,
      kid: added.body.kid,
      algorithm: 'PS256',
      privateKey,
      audience: bureau.baseIssuer,
    };
    for (const { form, badToken } of ownKeyDoors) {
      expectIssued(await bureau.token(form(makeAssertion(key))));
      for (const header of [{}, { kid: undefined }])
        await refused(
          await bureau.token(form(makeAssertion({ ...key, algorithm: 'RS256' }, {}, header))),
          badToken,
          'account_key_unusable',
        );
    }
    // One key, one algorithm: the same key does not come back under another one.
    for (const algorithm of ['RS256', 'PS384'])
      expect(
        (
          await addKey(accountId, {
            publicKey: publicKey.export({ format: 'jwk' }),
            algorithm,
            kid: algorithm,
          })
        ).status,
      ).toBe(409);
  });

  it.each(['ES256', 'RS256', 'Ed25519'])(
    'CA-16 a %s pair that was made here signs in with its algorithm alone',
    async (generate) => {
      const key = ownKeyOf((await addKey(await openAccount(), { generate })).body.credentials);
      for (const { form, badToken } of ownKeyDoors) {
        expectIssued(await bureau.token(form(makeAssertion(key))));
        if (generate === 'RS256')
          await refused(
            await bureau.token(form(makeAssertion({ ...key, algorithm: 'PS256' }))),
            badToken,
            'account_key_unusable',
          );
      }
    },
  );

  it('CA-16 AD-09 a certificate vouches for nothing: its key signs in until it ends, header x5c or not', async () => {
    const { privateKey, publicKey } = await createFakeIssuerKey('ES384');
    const accountId = await openAccount();
    const notAfter = new Date(Date.now() + 3_600_000);
    const added = await addKey(accountId, { publicKey: certify(publicKey, { notAfter }) });
    expect(added.body).toMatchObject({ algorithm: 'ES384' });
    expect(Math.abs(Date.parse(added.body.expiresAt) - notAfter.getTime())).toBeLessThan(1000);
    const key: OwnKey = {
      accountId,
      kid: added.body.kid,
      algorithm: 'ES384',
      privateKey,
      audience: bureau.baseIssuer,
    };
    for (const { form } of ownKeyDoors) expectIssued(await bureau.token(form(makeAssertion(key))));
  });

  it('CA-16 A02 an HMAC with what was sent as the key, and none, are refused', async () => {
    const accountId = await openAccount();
    const { privateKey, publicKey } = await createFakeIssuerKey('RS256');
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const added = await addKey(accountId, { publicKey: pem });
    const key: OwnKey = {
      accountId,
      kid: added.body.kid,
      algorithm: 'RS256',
      privateKey,
      audience: bureau.baseIssuer,
    };
    const { thumbprint, publicKey: jwk } = added.body;
    for (const { form, badToken } of ownKeyDoors) {
      for (const alg of ['HS256', 'none', 'NONE'])
        for (const secret of [
          pem,
          pem.trim(),
          JSON.stringify(jwk),
          thumbprint,
          Buffer.from(jwk.n, 'base64url'),
        ]) {
          const payload = makeAssertion(key).split('.')[1];
          const input = `${encodeSegment({ alg, kid: key.kid })}.${payload}`;
          const signature =
            alg === 'HS256' ? createHmac('sha256', secret).update(input).digest('base64url') : 'AA';
          await refused(
            await bureau.token(form(`${input}.${signature}`)),
            badToken,
            'token_algorithm_not_allowed',
          );
        }
      expectIssued(await bureau.token(form(makeAssertion(key))));
    }
  });
});

describe('CA-18 kid', () => {
  it('CA-18 selects among the keys of the client; contract §3: without it each fitting one is tried, five at most', async () => {
    const account = await openAccount();
    const keys: OwnKey[] = [];
    for (const [index, algorithm] of (['ES256', 'ES256', 'ES256', 'ES256', 'RS256'] as const).entries())
      keys.push(await registerKey(bureau, account, algorithm, { kid: `k${index}` }));
    const neighbour = await registerKey(bureau, await openAccount(), 'ES256', { kid: 'theirs' });
    for (const { form, badToken } of ownKeyDoors) {
      for (const key of keys)
        for (const header of [{}, { kid: undefined }])
          expectIssued(await bureau.token(form(makeAssertion(key, {}, header))));
      const first = keys[0] as OwnKey;
      for (const [kid, reason] of [
        ['k1', 'signature_invalid'],
        ['k4', 'account_key_unusable'],
        ['K0', 'account_key_unusable'],
        ['k0 ', 'account_key_unusable'],
        ['theirs', 'account_key_unusable'],
        ['unknown', 'account_key_unusable'],
      ] as const)
        await refused(await bureau.token(form(makeAssertion(first, {}, { kid }))), badToken, reason);
      await refused(
        await bureau.token(form(makeAssertion({ ...neighbour, accountId: account }))),
        badToken,
        'account_key_unusable',
      );
      await refused(
        await bureau.token(form(makeAssertion({ ...neighbour, accountId: account }, {}, { kid: undefined }))),
        badToken,
        'signature_invalid',
      );
    }
  });

  it('CA-18 any kid that may be registered may be used', async () => {
    const account = await openAccount();
    for (const kid of ['a/b c', '../../etc/passwd', "' or 1=1", '__proto__', 'é'.repeat(128)]) {
      const key = await registerKey(bureau, account, 'ES256', { kid });
      for (const { form } of ownKeyDoors) expectIssued(await bureau.token(form(makeAssertion(key))));
    }
  });
});

describe('CA-25 rotation without a gap', () => {
  it.each(ownKeyDoors)(
    'CA-25 A61 add, use both, disable, delete: each step counts on the next request at $name',
    async ({ form, badToken }) => {
      const account = await openAccount();
      const send = (key: OwnKey): Promise<Answer> => bureau.token(form(makeAssertion(key)));
      const old = await registerKey(bureau, account, 'ES256');
      expectIssued(await send(old));
      const next = await registerKey(bureau, account, 'ES256');
      for (const key of [old, next, old, next]) expectIssued(await send(key));
      expect((await bureau.admin('PATCH', old.path, { status: 'disabled' }, any)).status).toBe(200);
      await refused(await send(old), badToken, 'account_key_unusable');
      expectIssued(await send(next));
      expect((await bureau.admin('PATCH', old.path, { status: 'enabled' }, any)).status).toBe(200);
      expectIssued(await send(old));
      expect((await bureau.admin('DELETE', old.path, undefined, any)).status).toBe(204);
      await refused(await send(old), badToken, 'account_key_unusable');
      expectIssued(await send(next));
    },
  );

  it('CA-25 lastUsedAt says which keys are still in use, at once, in every answer', async () => {
    const account = await openAccount();
    const [used, idle] = [
      await registerKey(bureau, account, 'ES256'),
      await registerKey(bureau, account, 'ES256'),
    ];
    const keys = async () => (await bureau.admin('GET', `/service-accounts/${account}/keys`)).body.items;
    const times = async () =>
      ((await keys()) as { lastUsedAt: string | null }[]).map(({ lastUsedAt }) => lastUsedAt);
    expect(await times()).toEqual([null, null]);
    // What was refused is no use.
    const [{ form } = { form: () => ({}) }] = ownKeyDoors;
    expectRefused(await bureau.token(form(makeAssertion(used, { aud: 'x' }))), 400, 'invalid_grant');
    expect(await times()).toEqual([null, null]);
    const before = Date.now();
    expectIssued(await bureau.token(form(makeAssertion(used))));
    const [at, never] = await times();
    expect(never).toBeNull();
    expect(Date.parse(at ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(at ?? '')).toBeLessThanOrEqual(Date.now());
    expect((await bureau.admin('GET', used.path)).body.lastUsedAt).toBe(at);
    const patched = await bureau.admin('PATCH', used.path, { status: 'disabled' }, any);
    expect(patched.body.lastUsedAt).toBe(at);
    expect((await bureau.admin('GET', idle.path)).body.lastUsedAt).toBeNull();
  });
});

describe('AD-08 AD-09 what is not a good public key is refused, and not kept', () => {
  it('AD-08 the private half of a key, in any dress, and the body is in no answer and no activity', async () => {
    const account = await openAccount();
    const { privateKey, publicKey } = await createFakeIssuerKey('ES256');
    const jwk = privateKey.export({ format: 'jwk' });
    for (const sent of [
      jwk,
      { ...publicKey.export({ format: 'jwk' }), priv: 'AAAA' },
      { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA' },
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
      privateKey.export({ type: 'sec1', format: 'pem' }),
    ]) {
      const answer = await addKey(account, { publicKey: sent });
      expect([answer.status, answer.body.errors[0].path]).toEqual([422, '/publicKey']);
      expect(answer.body.errors[0].message).toMatch(/private/i);
      expect(JSON.stringify(answer.body)).not.toContain(String(jwk.d).slice(0, 16));
    }
    const trail = JSON.stringify((await bureau.admin('GET', '/activities?limit=200')).body);
    expect(trail).not.toContain(String(jwk.d).slice(0, 16));
    expect((await bureau.admin('GET', `/service-accounts/${account}/keys`)).body.items).toEqual([]);
    // Control: its public half.
    const good = await addKey(account, {
      publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }),
    });
    expect(good.status).toBe(201);
  });

  it('AD-09 distinct kid, one alg for one key', async () => {
    const account = await openAccount();
    await registerKey(bureau, account, 'ES256', { kid: 'taken' });
    const { publicKey } = await createFakeIssuerKey('ES256');
    const body = { publicKey: publicKey.export({ format: 'jwk' }) };
    expect((await addKey(account, { ...body, kid: 'taken' })).body.code).toBe('already_exists');
    expect((await addKey(account, { ...body, kid: 'free' })).status).toBe(201);
    expect((await addKey(account, { ...body, kid: 'again' })).body.code).toBe('already_exists');
  });
});
