import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { join } from 'node:path';
import type { Answer, Credentials } from '../support/bureau-process.ts';
import { encodeSegment } from '../support/jws.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';
import { expectRefused, reasonBehind } from '../support/token-answers.ts';
import {
  authenticatedBy,
  claimsOf,
  createCaller,
  exchangedToken,
  introspect,
  postQuery,
  revoke,
  tokenOf,
} from '../support/token-query.ts';

const issuer = 'https://sts.example.com';
const api = 'https://api.example.com';
const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };

/** Group K of the checklist: revocation of our own access tokens (contract §4). */
describe('revocation (RFC 7009)', () => {
  let bureau: TestBureau;
  let administrator: OwnKey;
  let owner: OwnKey;
  beforeAll(async () => {
    bureau = await openTestBureau({ configuration: { issuer } });
    administrator = ownKeyOf(bureau.credentials);
    owner = await createCaller(bureau, 'owner', { audiences: [api] });
  });
  afterAll(() => bureau.close());
  afterEach(() => void vi.useRealTimers());

  const expectRevoked = (answer: Answer): void => {
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: '' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-length')).toBe('0');
  };
  const isActive = async (token: string): Promise<boolean> =>
    (await introspect(bureau, administrator, token)).body.active as boolean;
  const expectReason = async (answer: Answer, error: string, reason: string, status = 400): Promise<void> => {
    expectRefused(answer, status, error);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  };

  describe('IR-09 who revokes is known', () => {
    it('IR-09 the owner revokes, and no other token of the owner is touched', async () => {
      const [token, other] = [await tokenOf(bureau, owner), await tokenOf(bureau, owner)];
      expect(await isActive(token)).toBe(true);
      expectRevoked(await revoke(bureau, owner, token));
      expect(await isActive(token)).toBe(false);
      expect(await isActive(other)).toBe(true);
    });

    it('IR-09 CC-02 a workload revokes its own by the token of its platform', async () => {
      const token = await exchangedToken(bureau);
      const form = {
        token,
        client_assertion_type: urn.assertionType,
        client_assertion: await bureau.goodToken(),
      };
      expectRevoked(await postQuery(bureau, 'revoke', form));
      expect(await isActive(token)).toBe(false);
    });

    it.each([
      ['nothing', {}, {}, 'invalid_client', 'client_authentication_missing', 400],
      [
        'a client_secret',
        { client_secret: 'x' },
        {},
        'invalid_client',
        'client_authentication_unsupported',
        400,
      ],
      ['Basic', {}, { authorization: 'Basic YTpi' }, 'invalid_client', 'client_authorization_header', 401],
    ] as const)(
      'IR-09 authenticated by %s: refused, and the token lives',
      async (_title, form, headers, error, reason, status) => {
        const token = await tokenOf(bureau, owner);
        const answer = await postQuery(
          bureau,
          'revoke',
          { token, ...form },
          { headers: { ...formHeaders, ...headers } },
        );
        await expectReason(answer, error, reason, status);
        expect(await isActive(token)).toBe(true);
      },
    );

    it('MD-07 IR-09 an access token authenticates nobody here, not even an administrator’s', async () => {
      const token = await tokenOf(bureau, owner);
      const headers = { ...formHeaders, authorization: `Bearer ${await bureau.adminToken()}` };
      const answer = await postQuery(bureau, 'revoke', { token }, { headers });
      await expectReason(answer, 'invalid_client', 'client_authorization_header', 401);
      expect(await isActive(token)).toBe(true);
    });

    it('IR-09 without a token: invalid_request, and the assertion is not spent', async () => {
      const proof = authenticatedBy(owner);
      for (const form of [{}, { token: '' }])
        await expectReason(
          await postQuery(bureau, 'revoke', { ...form, ...proof }),
          'invalid_request',
          'parameter_missing',
        );
      expectRevoked(await postQuery(bureau, 'revoke', { token: 'unknown', ...proof }));
      await expectReason(
        await postQuery(bureau, 'revoke', { token: await tokenOf(bureau, owner), ...proof }),
        'invalid_client',
        'replayed',
      );
    });

    it('CA-14 a used assertion revokes nothing', async () => {
      const token = await tokenOf(bureau, owner);
      const proof = authenticatedBy(owner);
      await postQuery(bureau, 'introspect', { token, ...proof });
      await expectReason(
        await postQuery(bureau, 'revoke', { token, ...proof }),
        'invalid_client',
        'replayed',
      );
      expect(await isActive(token)).toBe(true);
    });
  });

  describe('IR-10 a token that is worth nothing', () => {
    it('IR-10 revoked before: the same answer again', async () => {
      const token = await tokenOf(bureau, owner);
      const answers = [await revoke(bureau, owner, token), await revoke(bureau, owner, token)];
      for (const answer of answers) expectRevoked(answer);
    });

    it.each(['garbage', 'a.b.c', '...', 'x'.repeat(20_000)])('IR-10 unknown: %.20s', async (token) =>
      expectRevoked(await revoke(bureau, owner, token)),
    );

    it('IR-10 with our name on it and not our signature', async () => {
      const token = await tokenOf(bureau, owner);
      const [header, , signature] = token.split('.');
      const forged = `${header}.${encodeSegment({ ...claimsOf(token), scope: 'more' })}.${signature}`;
      expectRevoked(await revoke(bureau, owner, forged));
      expect(await isActive(token)).toBe(true);
    });

    it('IR-10 expired, one’s own and another’s alike', async () => {
      const [own, others] = [await tokenOf(bureau, owner), await exchangedToken(bureau)];
      const [first] = [Number(claimsOf(others)['exp'])];
      vi.useFakeTimers({ toFake: ['Date'], now: (first + 1) * 1000 });
      for (const token of [own, others]) expectRevoked(await revoke(bureau, owner, token));
    });

    it.each(['refresh_token', 'access_token', 'nonsense', ''])(
      'IR-06 the hint %j changes nothing',
      async (token_type_hint) => {
        const token = await tokenOf(bureau, owner);
        expectRevoked(
          await postQuery(bureau, 'revoke', { token, token_type_hint, ...authenticatedBy(owner) }),
        );
        expect(await isActive(token)).toBe(false);
      },
    );
  });

  describe('IR-11 a token of another account', () => {
    it.each<[string, object]>([
      ['another account', {}],
      ['the API it is for', { audiences: [api] }],
      ['a viewer', { role: 'viewer' }],
      ['an auditor', { role: 'auditor' }],
    ])('IR-11 A105 %s: invalid_grant, and the token lives', async (title, members) => {
      const caller = await createCaller(bureau, `ir11-${title.replaceAll(' ', '-').toLowerCase()}`, {
        ...members,
      });
      const token = await tokenOf(bureau, owner);
      const answer = await revoke(bureau, caller, token);
      await expectReason(answer, 'invalid_grant', 'token_of_another_client');
      expect(await bureau.activity(answer.body.receipt)).toMatchObject({
        type: 'token.revoke',
        outcome: 'refused',
        account: { id: caller.accountId },
      });
      expect(await isActive(token)).toBe(true);
      expectRevoked(await revoke(bureau, owner, token));
      expect(await isActive(token)).toBe(false);
    });

    it('IR-11 an administrator revokes any token of the tenant', async () => {
      const token = await tokenOf(bureau, owner);
      expectRevoked(await revoke(bureau, administrator, token));
      expect(await isActive(token)).toBe(false);
    });

    it('A107 IR-11 and none of another tenant', async () => {
      const opened = await bureau.admin('POST', '/tenants', { name: 'acme' });
      const acme = ownKeyOf(opened.body.credentials as Credentials);
      const answer = await bureau.token(doors[2]?.form(makeAssertion(acme)) ?? {}, { url: '/t/acme/token' });
      const token = answer.body.access_token as string;
      const atAcme = async (endpoint: 'introspect' | 'revoke'): Promise<Answer> =>
        postQuery(bureau, endpoint, { token, ...authenticatedBy(acme) }, { url: `/t/acme/${endpoint}` });
      await expectReason(
        await revoke(bureau, administrator, token),
        'unsupported_token_type',
        'token_kind_unsupported',
      );
      expect((await atAcme('introspect')).body).toMatchObject({ active: true });
      expectRevoked(await atAcme('revoke'));
      expect((await atAcme('introspect')).body).toEqual({ active: false });
    });
  });

  describe('IR-12 the list of revoked tokens', () => {
    const listed = async (jti: unknown): Promise<boolean> => {
      const storage = await openStorage({ url: `sqlite:${join(bureau.dataDir, 'bureau.db')}` });
      try {
        return await storage.revokedTokens.isRevoked('default', String(jti));
      } finally {
        await storage.close();
      }
    };

    it('IR-12 the admin API honours it', async () => {
      const token = await bureau.adminToken();
      const ask = async (): Promise<number> =>
        (
          await bureau.inject({
            method: 'GET',
            url: '/api/v1/teams',
            headers: { authorization: `Bearer ${token}` },
          })
        ).status;
      expect(await ask()).toBe(200);
      expectRevoked(await revoke(bureau, administrator, token));
      expect(await ask()).toBe(401);
    });

    it('IR-12 it is in the store before the answer, once, and only what was good gets onto it', async () => {
      const token = await tokenOf(bureau, owner);
      const jti = String(claimsOf(token)['jti']);
      const others = await exchangedToken(bureau);
      expect(await listed(jti)).toBe(false);
      expectRevoked(await revoke(bureau, owner, token));
      expect(await listed(jti)).toBe(true);
      await revoke(bureau, owner, others);
      expect(await listed(claimsOf(others)['jti'])).toBe(false);
    });

    it('IR-12 a revocation is an activity with who, whose and which; an empty one is none', async () => {
      const token = await tokenOf(bureau, owner);
      const jti = String(claimsOf(token)['jti']);
      expectRevoked(await revoke(bureau, administrator, token));
      expectRevoked(await revoke(bureau, administrator, token));
      expectRevoked(await revoke(bureau, administrator, 'unknown'));
      const { items } = (await bureau.admin('GET', `/activities?type=token.revoke&jti=${jti}`)).body;
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({
        type: 'token.revoke',
        outcome: 'changed',
        reason: 'revoked',
        account: { id: owner.accountId },
        actor: { id: administrator.accountId },
        audience: api,
        jti,
        tokenHash: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect(JSON.stringify(items)).not.toContain(token.split('.')[2]);
    });

    it.each<[string, () => Promise<string>]>([
      ['a third-party token', () => bureau.goodToken()],
      ['an assertion', async () => makeAssertion(owner)],
      [
        'with our issuer and another type',
        async () => `${encodeSegment({ alg: 'ES256', typ: 'JWT' })}.${encodeSegment({ iss: issuer })}.AAAA`,
      ],
    ])('IR-12 %s: unsupported_token_type', async (_title, make) =>
      expectReason(
        await revoke(bureau, owner, await make()),
        'unsupported_token_type',
        'token_kind_unsupported',
      ),
    );

    it('IR-12 a JWT-SVID: unsupported_token_type', async () => {
      const provider = await bureau.admin('POST', '/credential-providers', {
        name: 'payments-svid',
        serviceAccounts: [bureau.account.id],
        subject: { type: 'literal', value: 'spiffe://example.com/payments' },
        audience: 'my-service.example.com',
      });
      expect(provider.status).toBe(201);
      const svid = await exchangedToken(bureau, {
        requested_token_type: urn.jwt,
        audience: 'my-service.example.com',
      });
      await expectReason(
        await revoke(bureau, administrator, svid),
        'unsupported_token_type',
        'token_kind_unsupported',
      );
    });
  });
});
