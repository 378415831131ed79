import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { type Canary, createCanary } from '../support/canary.ts';
import { createFakeIssuerKey } from '../support/fake-issuer.ts';
import { encodeSegment } from '../support/jws.ts';
import { addAccountKey, makeAssertion, type Members, type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, reasonBehind } from '../support/token-answers.ts';

const issuer = 'https://sts.example.com';
const [exchange, ...ownKeyDoors] = doors;
const [jwtBearer, clientCredentials] = ownKeyDoors;
const now = (): number => Math.floor(Date.now() / 1000);

/** Group C of the checklist: own-key assertions, at both doors that take them (contract §3, «Own-key assertion rules»). */
describe('client authentication (RFC 7521 §4.2, RFC 7523 §3, rfc7523bis §4)', () => {
  let bureau: TestBureau;
  let canary: Canary;
  let administrator: OwnKey;
  beforeAll(async () => {
    [bureau, canary] = await Promise.all([openTestBureau({ configuration: { issuer } }), createCanary()]);
    administrator = ownKeyOf(bureau.credentials);
  });
  afterAll(() => Promise.all([bureau.close(), canary.close()]));

  const authenticate = (assertion: string, more: Record<string, string> = {}): Promise<Answer> =>
    bureau.token({ ...clientCredentials?.form(assertion), ...more });
  const expectReason = async (answer: Answer, error: string, reason: string): Promise<void> => {
    expectRefused(answer, 400, error);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };
  const accepts = (title: string, claims: () => Members, header: Members = {}): void =>
    it.each(ownKeyDoors)(`${title}: accepted at $name`, async ({ form }) =>
      expectIssued(await bureau.token(form(makeAssertion(administrator, claims(), header)))),
    );
  const refuses = (title: string, reason: string, claims: () => Members, header: Members = {}): void =>
    it.each(ownKeyDoors)(`${title}: refused at $name`, async ({ form, badToken }) =>
      expectReason(
        await bureau.token(form(makeAssertion(administrator, claims(), header))),
        badToken,
        reason,
      ),
    );
  const id = (): string => administrator.accountId;

  describe('CA-01 one mechanism', () => {
    const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };
    it.each([
      ['Authorization: Basic', {}, { authorization: 'Basic YTpi' }],
      ['Authorization: Bearer', {}, { authorization: 'Bearer x' }],
      ['client_secret', { client_secret: 'x' }, {}],
      ['OAuth-Client-Attestation', {}, { 'oauth-client-attestation': 'x' }],
    ] as [string, Record<string, string>, Record<string, string>][])(
      'CA-01 an assertion beside %s: neither is evaluated, the jti is not spent',
      async (_title, more, headers) => {
        const assertion = makeAssertion(administrator);
        const form = clientCredentials?.form(assertion) ?? {};
        const answer = await bureau.token({ ...form, ...more }, { headers: { ...formHeaders, ...headers } });
        await expectReason(answer, 'invalid_request', 'authentication_methods_several');
        expectIssued(await bureau.token(form));
      },
    );
  });

  describe('CA-02 only by the method an account is registered for', () => {
    it('CA-02 an own-key account with a good federated token', async () =>
      expectReason(
        await authenticate(await bureau.goodToken(), { client_id: id() }),
        'invalid_client',
        'client_id_mismatch',
      ));
    it('CA-02 a federated account with an assertion it signed itself', async () => {
      const stranger = { ...administrator, accountId: bureau.account.id };
      await expectReason(
        await authenticate(makeAssertion(stranger)),
        'invalid_client',
        'account_key_unusable',
      );
      await expectReason(
        await authenticate(makeAssertion(stranger, {}, { kid: undefined })),
        'invalid_client',
        'account_key_unusable',
      );
    });
    it('CA-02 control: each in its own way', async () => {
      expectIssued(await authenticate(makeAssertion(administrator)));
      expectIssued(await authenticate(await bureau.goodToken()));
    });
  });

  describe('CA-03 the assertion and its type', () => {
    it.each([
      ['no type', { client_assertion_type: '' }, 'invalid_request', 'parameter_missing'],
      ['no assertion', { client_assertion: '' }, 'invalid_request', 'parameter_missing'],
      [
        'saml2',
        { client_assertion_type: urn.assertionType.replace('jwt', 'saml2') },
        'invalid_client',
        'client_assertion_type_unknown',
      ],
      [
        'jwt-spiffe, which an assertion of its own is not',
        { client_assertion_type: urn.assertionType.replace('jwt-bearer', 'jwt-spiffe') },
        'invalid_client',
        'client_assertion_type_unfit',
      ],
      [
        'other case',
        { client_assertion_type: urn.assertionType.toUpperCase() },
        'invalid_client',
        'client_assertion_type_unknown',
      ],
      [
        'trailing space',
        { client_assertion_type: `${urn.assertionType} ` },
        'invalid_client',
        'client_assertion_type_unknown',
      ],
    ])('CA-03 %s', async (_title, change, error, reason) =>
      expectReason(await authenticate(makeAssertion(administrator), change), error, reason),
    );
    it('CA-03 control: both', async () => expectIssued(await authenticate(makeAssertion(administrator))));
  });

  it.each(ownKeyDoors)('CA-04 JB-01 exactly one signed JWT at $name', async ({ form, badToken }) => {
    const one = makeAssertion(administrator);
    const two = makeAssertion(administrator);
    const [header, payload, signature] = one.split('.');
    for (const bad of [
      `${one} ${two}`,
      `${one},${two}`,
      `${one}.${two}`,
      `${one}.a.b`,
      JSON.stringify({ protected: header, payload, signature }),
      `${header}.${payload}`,
    ])
      await expectReason(await bureau.token(form(bad)), badToken, 'token_malformed');
    expectIssued(await bureau.token(form(one)));
  });

  describe('CA-05 client_id', () => {
    it('CA-05 is optional, and accepted when it names the account', async () =>
      expectIssued(await authenticate(makeAssertion(administrator), { client_id: id() })));
    it('CA-05 of another account or of nobody is refused', async () => {
      for (const other of [bureau.account.id, randomUUID(), `${id()}x`, 'ADMIN'])
        await expectReason(
          await authenticate(makeAssertion(administrator), { client_id: other }),
          'invalid_client',
          'client_id_mismatch',
        );
    });
  });

  describe('CA-06 A60 iss = sub = the account', () => {
    accepts('CA-06 the id', () => ({}));
    accepts('CA-06 contract §3 <tenant>.<id>', () => ({ iss: `default.${id()}`, sub: `default.${id()}` }));
    accepts('CA-06 contract §3 <tenant>.<id>.ExternalServiceAccount', () => {
      const name = `default.${id()}.ExternalServiceAccount`;
      return { iss: name, sub: name };
    });
    const unlike = (title: string, reason: string, name: () => unknown): void =>
      refuses(`CA-06 ${title}`, reason, () => ({ iss: name(), sub: name() }));
    unlike('another tenant', 'account_unknown', () => `acme.${id()}`);
    unlike('the suffix without the tenant', 'account_unknown', () => `${id()}.ExternalServiceAccount`);
    unlike('the tenant twice', 'account_unknown', () => `default.default.${id()}`);
    unlike('the tenant in capitals', 'account_unknown', () => `Default.${id()}`);
    unlike('the id in capitals', 'account_unknown', () => id().toUpperCase());
    unlike('the id with a space', 'account_unknown', () => `${id()} `);
    unlike('the tenant alone', 'account_unknown', () => 'default.');
    unlike('nobody', 'account_unknown', randomUUID);
    unlike('a number', 'issuer_missing', () => 7);
    unlike('a list', 'issuer_missing', () => [id()]);
    refuses('CA-06 sub of another account', 'account_unknown', () => ({ sub: bureau.account.id }));
    refuses('CA-06 iss and sub in two spellings', 'account_unknown', () => ({ sub: `default.${id()}` }));
    refuses('CA-06 no sub', 'account_unknown', () => ({ sub: undefined }));
    refuses('CA-06 no iss', 'issuer_missing', () => ({ iss: undefined }));
    refuses('CA-06 sub null', 'account_unknown', () => ({ sub: null }));
    it('CA-06 A60 signed with the key of another client', async () => {
      const other = await addAccountKey(bureau, bureau.account.id, 'ES256');
      for (const kid of [other.kid, administrator.kid, undefined])
        expectRefused(
          await authenticate(makeAssertion({ ...other, accountId: id() }, {}, { kid })),
          400,
          'invalid_client',
        );
      expectIssued(await authenticate(makeAssertion(other)));
    });
  });

  describe('CA-07 A27 the audience is our issuer and nothing else', () => {
    accepts('CA-07 a string', () => ({ aud: issuer }));
    accepts('CA-07 contract §3 over A27: an array of one', () => ({ aud: [issuer] }));
    const cases: [string, unknown, string][] = [
      ['a second audience', [issuer, 'https://other.example'], 'audience_several'],
      ['ours second', ['https://other.example', issuer], 'audience_several'],
      ['ours twice', [issuer, issuer], 'claim_malformed'],
      ['an empty array', [], 'claim_malformed'],
      ['missing', undefined, 'claim_missing'],
      ['null', null, 'claim_malformed'],
      ['an object', { aud: issuer }, 'claim_malformed'],
      ['an array in an array', [[issuer]], 'claim_malformed'],
      ['another server', 'https://other.example', 'audience_mismatch'],
      ['two in one string', `${issuer} https://other.example`, 'audience_mismatch'],
    ];
    for (const [title, aud, reason] of cases) refuses(`CA-07 ${title}`, reason, () => ({ aud }));
  });

  describe('CA-08 CA-09 not an endpoint, not a spelling of it', () => {
    for (const aud of [
      `${issuer}/token`,
      `${issuer}/introspect`,
      `${issuer}/revoke`,
      `${issuer}/v1/oauth/token/serviceaccount`,
      `${issuer}/t/default`,
      'sts.example.com',
      'api.venafi.cloud/v1/oauth/token/serviceaccount',
    ])
      refuses(`CA-08 ${aud}`, 'audience_mismatch', () => ({ aud }));
    refuses('CA-08 the token URL beside the issuer', 'audience_several', () => ({
      aud: [issuer, `${issuer}/token`],
    }));
    for (const aud of [
      `${issuer}/`,
      'https://STS.example.com',
      'HTTPS://sts.example.com',
      `${issuer}:443`,
      'https://%73ts.example.com',
      ` ${issuer}`,
      `${issuer}#`,
      'https://sts.example.com.',
    ])
      refuses(`CA-09 ${JSON.stringify(aud)}`, 'audience_mismatch', () => ({ aud }));

    it.each(ownKeyDoors)(
      'CA-08 JB-06 $name: a literal in assertionAudiences, to the letter',
      async ({ form, badToken }) => {
        const alias = 'api.venafi.cloud/v1/oauth/token/serviceaccount';
        const send = (aud: unknown): Promise<Answer> =>
          bureau.token(form(makeAssertion(administrator, { aud })));
        await expectReason(await send(alias), badToken, 'audience_mismatch');
        const set = (assertionAudiences: readonly string[]): Promise<Answer> =>
          bureau.admin('PATCH', '/settings', { assertionAudiences }, { 'if-match': '*' });
        expect((await set([alias, `${issuer}/token`])).status).toBe(200);
        for (const aud of [alias, [alias], `${issuer}/token`, issuer]) expectIssued(await send(aud));
        for (const aud of [`https://${alias}`, `${alias}/`, alias.toUpperCase(), [alias, issuer]])
          expectRefused(await send(aud), 400, badToken);
        await set([]);
        await expectReason(await send(alias), badToken, 'audience_mismatch');
      },
    );
  });

  describe('CA-10 typ', () => {
    for (const typ of [
      undefined,
      'JWT',
      'jwt',
      'application/jwt',
      'client-authentication+jwt',
      'application/Client-Authentication+JWT',
    ])
      accepts(`CA-10 ${typ}`, () => ({}), { typ });
    for (const typ of [
      'at+jwt',
      'application/at+jwt',
      'dpop+jwt',
      'wit+jwt',
      'oauth-id-jag+jwt',
      'txntoken+jwt',
      'logout+jwt',
      'application/application/jwt',
    ])
      refuses(`CA-10 ${typ}`, 'token_type_not_allowed', () => ({}), { typ });
  });

  describe('CA-11 exp', () => {
    accepts('CA-11 in a minute', () => ({ exp: now() + 60 }));
    refuses('CA-11 missing', 'claim_missing', () => ({ exp: undefined }));
    refuses('CA-11 passed', 'expired', () => ({ iat: now() - 60, exp: now() - 1 }));
    refuses('CA-11 now', 'expired', () => ({ iat: now() - 60, exp: now() }));
    for (const exp of ['1900000000', null, true, [], {}])
      refuses(`CA-11 ${JSON.stringify(exp)}`, 'claim_malformed', () => ({ exp }));
    refuses('CA-11 in milliseconds', 'claim_malformed', () => ({ iat: undefined, exp: Date.now() }));
  });

  describe('CA-12 life (contract §3: 3600 s, iat optional)', () => {
    accepts('CA-12 60 s', () => ({ exp: now() + 60 }));
    accepts('CA-12 contract §3 over 601 s: 3600 s', () => ({ exp: now() + 3600 }));
    accepts('CA-12 contract §3: no iat', () => ({ iat: undefined, exp: now() + 600 }));
    accepts('CA-12 iat 30 s ahead', () => ({ iat: now() + 30, exp: now() + 90 }));
    refuses('CA-12 3601 s', 'lifetime_too_long', () => ({ iat: now() - 3000, exp: now() + 601 }));
    refuses('CA-12 exp more than 3600 s ahead', 'expires_too_far_ahead', () => ({
      iat: undefined,
      exp: now() + 3700,
    }));
    refuses('CA-12 a year', 'expires_too_far_ahead', () => ({ exp: now() + 31_536_000 }));
    refuses('CA-12 iat 120 s ahead', 'issued_in_the_future', () => ({ iat: now() + 120, exp: now() + 180 }));
    refuses('CA-12 exp = iat', 'lifetime_not_positive', () => ({ iat: now() + 40, exp: now() + 40 }));
    refuses('CA-12 iat as text', 'claim_malformed', () => ({ iat: String(now()) }));
  });

  describe('CA-13 nbf', () => {
    accepts('CA-13 reached', () => ({ nbf: now() }));
    accepts('CA-13 within the tolerance', () => ({ nbf: now() + 30 }));
    refuses('CA-13 not reached', 'not_yet_valid', () => ({ nbf: now() + 300 }));
    refuses('CA-13 as text', 'claim_malformed', () => ({ nbf: 'soon' }));
  });

  describe('CA-14 A41 jti, once', () => {
    refuses('CA-14 missing', 'claim_missing', () => ({ jti: undefined }));
    for (const jti of ['', null, 7, ['x'], 'x'.repeat(257)]) {
      it(`CA-14 CA-15 ${JSON.stringify(jti).slice(0, 20)}`, async () =>
        expectRefused(await authenticate(makeAssertion(administrator, { jti })), 400, 'invalid_client'));
    }
    accepts('CA-15 256 characters', () => ({ jti: `${randomUUID()}${'x'.repeat(220)}` }));

    it('CA-14 again is refused, at either door, with another assertion of the same jti too', async () => {
      const jti = randomUUID();
      const assertion = makeAssertion(administrator, { jti });
      expectIssued(await authenticate(assertion));
      for (const { form, badToken } of ownKeyDoors) {
        await expectReason(await bureau.token(form(assertion)), badToken, 'replayed');
        await expectReason(
          await bureau.token(form(makeAssertion(administrator, { jti, exp: now() + 120 }))),
          badToken,
          'replayed',
        );
      }
      expectIssued(await authenticate(makeAssertion(administrator)));
    });
    it('CA-14 A41 20 at once: exactly one token', async () => {
      const assertion = makeAssertion(administrator);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_unused, index) =>
          bureau.token(ownKeyDoors[index % 2]?.form(assertion) ?? {}),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200))
        expect(await reasonBehind(bureau, answer)).toBe('replayed');
    });
    it('CA-14 A41 two clients with one jti both pass', async () => {
      const other = await addAccountKey(bureau, bureau.account.id, 'ES256');
      const jti = randomUUID();
      expectIssued(await authenticate(makeAssertion(administrator, { jti })));
      expectIssued(await authenticate(makeAssertion(other, { jti })));
      await expectReason(await authenticate(makeAssertion(other, { jti })), 'invalid_client', 'replayed');
    });
    it('CA-14 a forged assertion does not burn the jti, nor does one refused for anything else', async () => {
      const assertion = makeAssertion(administrator);
      const [header, payload] = assertion.split('.');
      const forged = { ...administrator, privateKey: (await createFakeIssuerKey('ES256')).privateKey };
      const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
      await expectReason(
        await authenticate(makeAssertion(forged, claims)),
        'invalid_client',
        'signature_invalid',
      );
      await expectReason(
        await authenticate(`${header}.${payload}.${'A'.repeat(86)}`),
        'invalid_client',
        'signature_invalid',
      );
      await expectReason(
        await authenticate(makeAssertion(administrator, { ...claims, aud: 'x' })),
        'invalid_client',
        'audience_mismatch',
      );
      await expectReason(
        await authenticate(assertion, { client_id: bureau.account.id }),
        'invalid_client',
        'client_id_mismatch',
      );
      await expectReason(
        await authenticate(assertion, { audience: 'urn:other' }),
        'invalid_target',
        'target_not_allowed',
      );
      await expectReason(await authenticate(assertion, { scope: '"' }), 'invalid_scope', 'scope_malformed');
      expectIssued(await authenticate(assertion));
    });
    it('CA-15 a used assertion in another spelling is refused', async () => {
      const assertion = makeAssertion(administrator);
      expectIssued(await authenticate(assertion));
      const [header, payload, signature = ''] = assertion.split('.');
      // 64 bytes leave four unused bits in the last of 86 characters.
      const last = signature.at(-1) ?? '';
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const respelled = `${signature.slice(0, -1)}${alphabet[alphabet.indexOf(last) + 1]}`;
      expect(Buffer.from(respelled, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
      for (const copy of [
        `${assertion}\n`,
        ` ${assertion}`,
        `${assertion}==`,
        `${header}.${payload}.${respelled}`,
      ])
        await expectReason(await authenticate(copy), 'invalid_client', 'token_malformed');
      await expectReason(await authenticate(assertion), 'invalid_client', 'replayed');
    });
  });

  describe('CA-16 CA-17 algorithms', () => {
    it.each(['RS256', 'PS256', 'RS512', 'ES256', 'ES384', 'ES512', 'Ed25519'] as const)(
      'CA-16 %s as registered, and no other',
      async (algorithm) => {
        const { account } = await openAccount();
        const key = await addAccountKey(bureau, account, algorithm);
        for (const { form, badToken } of ownKeyDoors) {
          expectIssued(await bureau.token(form(makeAssertion(key))));
          const others = (['RS256', 'PS256', 'ES256', 'ES384', 'Ed25519'] as const).filter(
            (each) => each !== algorithm,
          );
          for (const alg of others)
            await expectReason(
              await bureau.token(form(makeAssertion(key, {}, { alg }))),
              badToken,
              'account_key_unusable',
            );
        }
      },
    );
    it('CA-17 an RSA key pinned to PS256 does not verify RS256, truly signed', async () => {
      const { account } = await openAccount();
      const key = await addAccountKey(bureau, account, 'PS256');
      await expectReason(
        await authenticate(makeAssertion({ ...key, algorithm: 'RS256' })),
        'invalid_client',
        'account_key_unusable',
      );
      expectIssued(await authenticate(makeAssertion(key)));
    });
    it('CA-16 A02 HMAC keyed with public material, and none', async () => {
      const publicKey = createPublicKey(administrator.privateKey);
      const jwk = publicKey.export({ format: 'jwk' });
      const secrets = [
        publicKey.export({ format: 'pem', type: 'spki' }),
        publicKey.export({ format: 'der', type: 'spki' }),
        JSON.stringify(jwk),
        Buffer.from(jwk.x ?? '', 'base64url'),
      ];
      const payload = makeAssertion(administrator).split('.')[1];
      for (const alg of ['HS256', 'HS384', 'HS512'])
        for (const secret of secrets) {
          const input = `${encodeSegment({ alg, kid: administrator.kid })}.${payload}`;
          const signature = createHmac(`sha${alg.slice(2)}`, secret)
            .update(input)
            .digest('base64url');
          await expectReason(
            await authenticate(`${input}.${signature}`),
            'invalid_client',
            'token_algorithm_not_allowed',
          );
        }
      for (const alg of ['none', 'None', 'nOnE', 'es256', '', null])
        await expectReason(
          await authenticate(makeAssertion(administrator, {}, { alg })),
          'invalid_client',
          'token_algorithm_not_allowed',
        );
    });
  });

  describe('CA-18 CA-25 kid and several keys', () => {
    it('CA-18 CA-25 kid selects; contract §3: without it every fitting key is tried', async () => {
      const { account } = await openAccount();
      const old = await addAccountKey(bureau, account, 'ES256');
      const fresh = await addAccountKey(bureau, account, 'ES256');
      const rsa = await addAccountKey(bureau, account, 'RS256');
      for (const key of [old, fresh, rsa]) {
        expectIssued(await authenticate(makeAssertion(key)));
        expectIssued(await authenticate(makeAssertion(key, {}, { kid: undefined })));
      }
      await expectReason(
        await authenticate(makeAssertion(old, {}, { kid: fresh.kid })),
        'invalid_client',
        'signature_invalid',
      );
      await expectReason(
        await authenticate(makeAssertion(old, {}, { kid: rsa.kid })),
        'invalid_client',
        'account_key_unusable',
      );
      for (const kid of ['unknown', administrator.kid])
        await expectReason(
          await authenticate(makeAssertion(old, {}, { kid })),
          'invalid_client',
          'account_key_unusable',
        );
    });
    it('CA-25 A61 a disabled key and one past its end', async () => {
      const { account } = await openAccount();
      const good = await addAccountKey(bureau, account, 'ES256');
      const off = await addAccountKey(bureau, account, 'ES256', { status: 'disabled' });
      const ended = await addAccountKey(bureau, account, 'ES256', { expiresAt: Date.now() - 1 });
      for (const key of [off, ended]) {
        await expectReason(await authenticate(makeAssertion(key)), 'invalid_client', 'account_key_unusable');
        await expectReason(
          await authenticate(makeAssertion(key, {}, { kid: undefined })),
          'invalid_client',
          'signature_invalid',
        );
      }
      expectIssued(await authenticate(makeAssertion(good)));
    });
    it('CA-25 ST-34 A61 a disabled account, on the next request', async () => {
      const { account, patch } = await openAccount();
      const key = await addAccountKey(bureau, account, 'ES256');
      expectIssued(await authenticate(makeAssertion(key)));
      await patch({ status: 'disabled' });
      for (const { form, badToken } of ownKeyDoors)
        await expectReason(await bureau.token(form(makeAssertion(key))), badToken, 'account_disabled');
      await patch({ status: 'enabled' });
      expectIssued(await authenticate(makeAssertion(key)));
    });
  });

  describe('CA-19 A04 A05 A06 no key from the header', () => {
    it.each(ownKeyDoors)('CA-19 $name', async ({ form, badToken }) => {
      const foreign = await createFakeIssuerKey('ES256');
      const forger = { ...administrator, privateKey: foreign.privateKey };
      const { kid: _kid, alg: _alg, use: _use, ...jwk } = foreign.jwk;
      for (const header of [
        { jwk },
        { jwk, kid: undefined },
        { jku: `${canary.url}/jwks` },
        { x5u: `${canary.url}/cert` },
        { x5c: ['MIIB'] },
        { crit: ['exp'] },
        { b64: false },
      ]) {
        await expectReason(
          await bureau.token(form(makeAssertion(forger, {}, header))),
          badToken,
          'token_header_forbidden',
        );
        await expectReason(
          await bureau.token(form(makeAssertion(administrator, {}, header))),
          badToken,
          'token_header_forbidden',
        );
      }
      expect(canary.hits()).toBe(0);
      // x5t names a certificate and decides nothing (ST-09).
      expectIssued(await bureau.token(form(makeAssertion(administrator, {}, { x5t: 'x' }))));
    });
  });

  describe('CA-20 a client assertion beside the token', () => {
    const beside = async (assertion: string): Promise<[Answer, Answer]> => {
      const token = await bureau.goodToken();
      const more = { client_assertion_type: urn.assertionType, client_assertion: assertion };
      return [
        await bureau.token({ ...exchange?.form(token), ...more }),
        await bureau.token({ ...jwtBearer?.form(token), ...more }),
      ];
    };
    it('CA-20 TX-13 JB-03 bad: invalid_client at both doors, not the code of the token', async () => {
      const key = await addAccountKey(bureau, bureau.account.id, 'ES256');
      for (const [bad, reason] of [
        ['garbage', 'token_malformed'],
        [makeAssertion(key, { exp: now() - 1 }), 'expired'],
        [makeAssertion(key, { aud: 'x' }), 'audience_mismatch'],
        [makeAssertion({ ...key, accountId: randomUUID() }), 'account_unknown'],
        [await bureau.goodToken({ sub: 'somebody' }), 'subject_not_registered'],
      ] as const)
        for (const answer of await beside(bad)) await expectReason(answer, 'invalid_client', reason);
    });
    it('CA-20 TX-13 JB-03 good, of the same account: issued, and the jti is spent', async () => {
      const key = await addAccountKey(bureau, bureau.account.id, 'ES256');
      const assertion = makeAssertion(key);
      const [first, second] = await beside(assertion);
      expectIssued(first);
      await expectReason(second, 'invalid_client', 'replayed');
      // A third-party token may stand there too, and is not spent.
      for (const answer of await beside(await bureau.goodToken())) expectIssued(answer);
    });
    it('CA-20 JB-03 good, of another account: the code of the token, and the jti is not spent', async () => {
      const assertion = makeAssertion(administrator);
      const [exchanged, granted] = await beside(assertion);
      await expectReason(exchanged, 'invalid_request', 'client_assertion_of_another_account');
      await expectReason(granted, 'invalid_grant', 'client_assertion_of_another_account');
      expectIssued(await authenticate(assertion));
    });
    it('CA-20 CC-01 the client assertion may not stand in for the token', async () => {
      const more = {
        client_assertion_type: urn.assertionType,
        client_assertion: makeAssertion(administrator),
      };
      expectRefused(await bureau.token({ grant_type: urn.tokenExchange, ...more }), 400, 'invalid_request');
      expectRefused(await bureau.token({ grant_type: urn.jwtBearer, ...more }), 400, 'invalid_request');
    });
  });

  describe('CA-23 asymmetric methods only', () => {
    it('CA-23 client_secret is invalid_client', async () =>
      expectReason(
        await bureau.token({ grant_type: 'client_credentials', client_id: id(), client_secret: 'x' }),
        'invalid_client',
        'client_authentication_unsupported',
      ));
    it('CA-23 none is advertised', async () => {
      const { body } = await bureau.inject({ method: 'GET', url: '/.well-known/oauth-authorization-server' });
      expect(body.token_endpoint_auth_methods_supported).toEqual(['private_key_jwt', 'spiffe_jwt', 'none']);
      expect(JSON.stringify(body)).not.toMatch(/client_secret|HS\d|"none"[^\]]*alg/);
    });
  });

  describe('CA-24 client ids and issuers cannot be confused', () => {
    it('CA-24 ids are opaque and no URL', () => {
      for (const each of [id(), bureau.account.id]) expect(each).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    });
    it('CA-24 a federation whose issuer is a client id cannot be saved', async () => {
      const answer = await bureau.admin('POST', '/service-accounts', {
        name: 'confused',
        owningTeam: 'default',
        useCase: 'custom-api-integration',
        federations: [
          {
            issuer: id(),
            subject: id(),
            audience: 'https://elsewhere.example.com',
            jwksUri: bureau.issuer.jwksUri,
          },
        ],
      });
      expect(answer.status).toBe(422);
    });
    it('CA-24 CC-03 a trusted issuer that writes a client id into iss is no client', async () =>
      expectReason(
        await authenticate(await bureau.goodToken({ iss: id(), sub: id(), aud: issuer, jti: randomUUID() })),
        'invalid_client',
        'account_key_unusable',
      ));
  });

  let made = 0;
  /** A further account without a key, and how to change it. */
  const openAccount = async (): Promise<{ account: string; patch: (body: unknown) => Promise<Answer> }> => {
    made += 1;
    const created = await bureau.admin('POST', '/service-accounts', {
      name: `own-key-${made}`,
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      scopes: ['certificates:read'],
      federations: [
        {
          issuer: bureau.issuer.issuer,
          jwksUri: bureau.issuer.jwksUri,
          subject: `repo:acme/own-key:${made}`,
          audience: 'https://elsewhere.example.com',
        },
      ],
    });
    expect(created.status).toBe(201);
    return {
      account: created.body.id,
      patch: (body) =>
        bureau.admin('PATCH', `/service-accounts/${created.body.id}`, body, { 'if-match': '*' }),
    };
  };
});
