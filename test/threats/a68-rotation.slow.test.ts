import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { RotationPolicy } from '../../src/core/signing-keys/plan-rotation.ts';
import { rotationPolicies } from '../../src/core/signing-keys/rotation-policies.ts';
import type { KeyPurpose } from '../../src/core/signing-keys/signing-key.ts';
import { defaultTenantSettings } from '../../src/core/tenants/tenant.ts';
import { registerWellKnown } from '../../src/http/well-known.ts';
import { rotateSigningKeys, whatIsDue } from '../../src/keys/rotate-signing-keys.ts';
import { signJwt } from '../../src/keys/sign-jwt.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { issueToken } from '../../src/token/issue-token.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import {
  createCountingBackend,
  createRotatingNode,
  insertTenantWithKeys,
  type RotatingNode,
} from '../support/rotating-node.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleAccount } from '../support/stored-samples.ts';

const [sqlite] = storageEngines;
if (sqlite === undefined) throw new Error('no engine');
const issuer = 'https://sts.example';
const account = sampleAccount({
  tenant: 'default',
  accessTokenAlgorithm: 'ES256',
  capToSubjectExpiry: false,
});
const stepMs = 150_000;
/** As short as the check of the configuration allows. */
const settings = { rotateAfterDays: 0.065, publishAheadSeconds: 600, publishedMaxAgeSeconds: 300 };

/** A token of ours, until when it must verify, and where the keys are for it. */
interface LiveToken {
  readonly jwt: string;
  readonly expiresAt: number;
  readonly purpose: KeyPurpose;
}

/** A node that publishes what it knows, and hears of changes one step later where it is a `laggard`. */
const openNode = async (
  storage: Storage,
  backend: Parameters<typeof createRotatingNode>[0]['backend'] & object,
  clock: ManualClock,
  laggard: boolean,
) => {
  let view = new Map<string, Awaited<ReturnType<Storage['signingKeys']['readSet']>>>();
  const seen: Storage = laggard
    ? {
        ...storage,
        signingKeys: {
          ...storage.signingKeys,
          readSet: async (tenant) => view.get(tenant) ?? storage.signingKeys.readSet(tenant),
        },
      }
    : storage;
  const node = createRotatingNode({ storage: seen, clock, backend, settings });
  const app = Fastify({ logger: false });
  registerWellKnown(app, {
    keyRing: node.ring,
    baseIssuer: issuer,
    maxAgeSeconds: settings.publishedMaxAgeSeconds,
  });
  await app.ready();
  return {
    ...node,
    app,
    /** The next step sees the store as it is now. */
    catchUp: async () => {
      view = new Map([['default', await storage.signingKeys.readSet('default')]]);
      await node.ring.reload('default');
    },
  };
};

/** A verifier that keeps a key set for exactly as long as the answer said, and never looks again before. */
const createStrictVerifier = (
  apps: readonly FastifyInstance[],
  clock: ManualClock,
  pick: (count: number) => number,
) => {
  type KeySet = ReadonlyMap<string, Awaited<ReturnType<typeof importJWK>>>;
  const cached = new Map<KeyPurpose, { readonly until: number; readonly keys: KeySet }>();
  const keySet = async (purpose: KeyPurpose) => {
    const known = cached.get(purpose);
    if (known !== undefined && clock.now() < known.until) return known.keys;
    const app = apps[pick(apps.length)];
    const answer = await app?.inject(
      purpose === 'jwt-svid' ? '/spiffe/.well-known/jwks.json' : '/.well-known/jwks.json',
    );
    const { keys } = answer?.json<{ keys: JWK[] }>() ?? { keys: [] };
    const maxAge = Number(/max-age=(\d+)/.exec(String(answer?.headers['cache-control']))?.[1]);
    const set: KeySet = new Map(
      await Promise.all(
        keys
          .filter(({ alg }) => alg === 'ES256')
          .map(async (key) => [key.kid ?? '', await importJWK(key)] as const),
      ),
    );
    cached.set(purpose, { until: clock.now() + maxAge * 1000, keys: set });
    return set;
  };
  return async ({ jwt, purpose }: LiveToken): Promise<boolean> => {
    const key = (await keySet(purpose)).get(decodeProtectedHeader(jwt).kid ?? '');
    if (key === undefined) return false;
    await compactVerify(jwt, key);
    return true;
  };
};

describe('A68 keys rotate and nobody notices', () => {
  let opened: OpenedStorage;
  const apps: FastifyInstance[] = [];
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await opened.remove();
  });

  /** Two nodes, three verifiers, time in steps; what was verified and what failed. */
  const simulate = async (
    rotations: number,
    changes: Partial<RotationPolicy> = {},
  ): Promise<{
    readonly activations: number;
    readonly verified: number;
    readonly failed: number;
    readonly most: number;
  }> => {
    opened = await openInEmptyPlace(sqlite.createPlace);
    const clock = createManualClock();
    const backend = createCountingBackend();
    await insertTenantWithKeys(opened.storage, backend, clock);
    const nodes = [
      await openNode(opened.storage, backend, clock, false),
      await openNode(opened.storage, backend, clock, true),
    ];
    apps.push(...nodes.map(({ app }) => app));
    let seed = 7;
    const pick = (count: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % count;
    };
    const verifiers = Array.from({ length: 3 }, () => createStrictVerifier(apps, clock, pick));
    const original = rotationPolicies(settings);
    const policies = {
      'access-token': { ...original['access-token'], ...changes },
      'jwt-svid': { ...original['jwt-svid'], ...changes },
    };

    let live: LiveToken[] = [];
    let [activations, verified, failed, most] = [0, 0, 0, 0];
    const signers = new Set<string>();

    const issue = async ({ ring }: RotatingNode): Promise<void> => {
      const order = {
        tenant: 'default',
        issuer,
        settings: defaultTenantSettings,
        account,
        audience: 'https://api.example',
      };
      const issued = await issueToken(
        { keyRing: ring, clock, newId: randomUUID },
        { ...order, scope: [], subjectExpiresAt: null },
      );
      if (!issued.ok) throw new Error('nothing was issued');
      live.push({ jwt: issued.value.accessToken, expiresAt: clock.now() + 900_000, purpose: 'access-token' });
      const signer = await ring.signer('default', 'jwt-svid', 'ES256');
      const exp = Math.floor(clock.now() / 1000) + 3600;
      const jwt = await signJwt(signer, { typ: 'JWT' }, { sub: 'spiffe://example.org/a', exp });
      live.push({ jwt, expiresAt: clock.now() + 3_600_000, purpose: 'jwt-svid' });
    };
    const verify = async (token: LiveToken): Promise<void> => {
      const ok = await (verifiers[pick(verifiers.length)] ?? verifiers[0])?.(token);
      if (ok === true) verified += 1;
      else failed += 1;
    };
    const rotate = ({ rotation }: RotatingNode) =>
      rotateSigningKeys({ ...rotation, policies }, 'default', { ...whatIsDue, algorithm: 'ES256' });

    while (activations < rotations) {
      clock.advance(stepMs);
      await Promise.all([
        ...nodes.flatMap((node) => [issue(node), rotate(node)]),
        ...live.filter(() => pick(50) === 0).map(verify),
      ]);
      // As soon as it is there: the moment at which a key is least known.
      for (const token of live.slice(-4)) await verify(token);
      // At the last moment of its life: the one at which its key is longest retired.
      const dying = live.filter(({ expiresAt }) => expiresAt <= clock.now() + stepMs);
      for (const token of dying) await verify(token);
      live = live.filter((token) => !dying.includes(token));
      await nodes[1]?.catchUp();

      const keys = await opened.storage.signingKeys.listOf('default');
      most = Math.max(most, keys.filter(({ purpose }) => purpose === 'access-token').length);
      for (const { kid, purpose, state, activatedAt } of keys)
        if (
          purpose === 'access-token' &&
          state === 'active' &&
          activatedAt === clock.now() &&
          !signers.has(kid)
        ) {
          signers.add(kid);
          activations += 1;
        }
    }
    return { activations, verified, failed, most };
  };

  it('100 rotations on two nodes under load: 0 failed verifications by verifiers that cache by max-age', async () => {
    const outcome = await simulate(100);
    expect(outcome).toMatchObject({ activations: 100, failed: 0 });
    expect(outcome.verified).toBeGreaterThan(20_000);
    expect(outcome.most).toBeLessThanOrEqual(5);
    console.log(
      `A68: ${outcome.activations} rotations, ${outcome.verified} verifications, ${outcome.failed} failed`,
    );
  }, 240_000);

  it.each([
    ['were used before it was known', { publishAheadMs: 0 }],
    ['were withdrawn while its tokens live', { keepRetiredMs: 0 }],
  ])(
    'and it would be seen if a key %s',
    async (_title, changes) => {
      expect((await simulate(3, changes)).failed).toBeGreaterThan(0);
    },
    60_000,
  );
});
