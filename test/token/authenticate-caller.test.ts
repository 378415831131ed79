import { describe, expect, it } from 'vitest';
import { grant, refuse, type Verdict } from '../../src/core/activity/check.ts';
import { defaultTenantSettings, type Tenant } from '../../src/core/tenants/tenant.ts';
import type { Block } from '../../src/core/blocks/block.ts';
import { buildBlocks } from '../../src/core/blocks/blocks.ts';
import { sampleBlock } from '../support/stored-samples.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { OwnToken } from '../../src/keys/verify-own-token.ts';
import {
  authenticateCaller,
  type CallerAuthentication,
  chooseProof,
} from '../../src/token/authenticate-caller.ts';
import { collectEvidence } from '../../src/token/evidence.ts';
import type { TokenQuery } from '../../src/token/token-query.ts';

const tenant: Tenant = {
  name: 'acme',
  description: '',
  status: 'enabled',
  settings: defaultTenantSettings,
  createdAt: 0,
  version: 1,
};

/** A token that is good by itself, with further claims. */
const good = (claims: JsonObject = {}): Verdict<OwnToken> =>
  grant({ accountId: 'a', audiences: [], jti: 'j', expiresAt: 1, claims });

describe('the caller behind a Bearer token', () => {
  const authenticate = async (
    verdict: Verdict<OwnToken>,
    status: string | null = 'enabled',
    blocked: readonly Block[] = [],
  ) => {
    const asked: unknown[] = [];
    const deps = {
      baseIssuer: 'https://sts.example',
      verifyOwnToken: async (...question: unknown[]) => {
        asked.push(question);
        return verdict;
      },
      directory: {
        account: async () =>
          status === null ? null : { account: { id: 'a', name: 'api', status }, keys: [] },
        blocks: async () => buildBlocks(blocked),
      },
    } as unknown as CallerAuthentication;
    const evidence = collectEvidence();
    const caller = await authenticateCaller(deps, evidence, tenant, { how: 'bearer', token: 'x.y.z' }, null);
    return { asked, caller, seen: evidence.seen() };
  };

  it('AT-14 is the account of a token for the admin API of this tenant, and spends nothing', async () => {
    const { asked, caller, seen } = await authenticate(good());
    expect(caller).toMatchObject({ ok: true, value: { account: { id: 'a' }, key: null, singleUse: null } });
    expect(asked).toEqual([['acme', 'x.y.z', 'https://sts.example/t/acme/api/v1']]);
    expect(seen.account).toEqual({ id: 'a', name: 'api' });
  });

  it.each<[string, Verdict<OwnToken>, string | null, string]>([
    ['what the check of our tokens refuses', refuse('expired'), 'enabled', 'expired'],
    [
      'bound to a key, which nothing here proves',
      good({ cnf: { jkt: 'x' } }),
      'enabled',
      'token_bound_to_a_key',
    ],
    ['of an account that is gone', good(), null, 'account_unknown'],
    ['of a disabled account', good(), 'disabled', 'account_disabled'],
  ])('AT-14 A65 is refused: %s', async (_what, verdict, status, reason) =>
    expect((await authenticate(verdict, status)).caller).toMatchObject({ ok: false, reason }),
  );

  it('A65 is refused where the account is blocked, and not where another is', async () => {
    const block = (account: string) => sampleBlock({ kind: 'account', account }, { tenant: 'acme' });
    expect((await authenticate(good(), 'enabled', [block('b')])).caller.ok).toBe(true);
    expect((await authenticate(good(), 'enabled', [block('a')])).caller).toMatchObject({
      ok: false,
      reason: 'account_blocked',
    });
  });
});

describe('what a caller authenticates with', () => {
  const query = (changes: Partial<TokenQuery>): TokenQuery => ({
    tenant: 'acme',
    body: '',
    authorizationHeader: true,
    attestationHeader: false,
    sourceAddress: '203.0.113.1',
    bearer: { how: 'none' },
    ...changes,
  });
  const bearer = { how: 'bearer', token: 'x' } as const;

  it.each<[string, Partial<TokenQuery>, boolean, object]>([
    ['a Bearer token', { bearer }, true, { ok: true, value: { how: 'bearer', token: 'x' } }],
    ['a Bearer token where none counts', { bearer }, false, { reason: 'client_authorization_header' }],
    ['another scheme', {}, true, { reason: 'authorization_not_bearer' }],
    ['another scheme where no Bearer counts', {}, false, { reason: 'client_authorization_header' }],
    [
      'a Bearer header that cannot be read',
      { bearer: { how: 'malformed', detail: 'one, please' } },
      true,
      { reason: 'bearer_malformed' },
    ],
    [
      'a Bearer token and an attestation',
      { bearer, attestationHeader: true },
      true,
      { reason: 'authentication_methods_several' },
    ],
    ['nothing', { authorizationHeader: false }, true, { reason: 'client_authentication_missing' }],
  ])('CA-01 IR-01 %s', (_what, changes, acceptsBearer, expected) =>
    expect(chooseProof(query(changes), new Map(), acceptsBearer)).toMatchObject(expected),
  );
});
