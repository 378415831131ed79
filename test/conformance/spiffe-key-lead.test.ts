import { describe, expect, it } from 'vitest';
import { configurationSchema } from '../../src/config/schema.ts';
import { planRotation } from '../../src/core/signing-keys/plan-rotation.ts';
import { rotationPolicies } from '../../src/core/signing-keys/rotation-policies.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';

const { signingKeyRotationDays, signingKeyPublishAheadSeconds, publishedMaxAgeSeconds } =
  configurationSchema.parse({});
/** What the bundle tells its readers as spiffe_refresh_hint, in milliseconds. */
const hint = publishedMaxAgeSeconds * 1000;
const longestLife = 3_600_000;
const minute = 60_000;

/** The life of every key of one algorithm under the defaults, over two years in steps of five minutes. */
const livesOfKeys = () => {
  const policy = rotationPolicies({
    rotateAfterDays: signingKeyRotationDays,
    publishAheadSeconds: signingKeyPublishAheadSeconds,
    publishedMaxAgeSeconds,
  })['jwt-svid'];
  const lives: { published: number; signs?: number; stops?: number; gone?: number }[] = [];
  let keys: SigningKey[] = [];
  for (let now = 0; now < 730 * 86_400_000; now += 5 * minute) {
    const step = planRotation(keys, keys.length, policy, now);
    const change = (kid: string, changes: Partial<SigningKey>): void => {
      keys = keys.map((key) => (key.kid === kid ? { ...key, ...changes } : key));
    };
    const make = (state: 'prepared' | 'active'): void => {
      const times = { createdAt: now, activatedAt: state === 'active' ? now : null, retiredAt: null };
      const kid = String(lives.length);
      lives.push({ published: now, ...(state === 'active' ? { signs: now } : {}) });
      keys.push({
        tenant: 'default',
        kid,
        purpose: 'jwt-svid',
        algorithm: 'RS256',
        publicJwk: { kty: 'RSA' },
        sealedPrivateKey: '',
        state,
        ...times,
      });
    };
    if (step.step === 'prepare') make('prepared');
    if (step.step === 'replace') make('active');
    if (step.step === 'activate') {
      const before = keys.find(({ state }) => state === 'active');
      if (before !== undefined) {
        change(before.kid, { state: 'retired', retiredAt: now });
        Object.assign(lives[Number(before.kid)] ?? {}, { stops: now });
      }
      change(step.kid, { state: 'active', activatedAt: now });
      Object.assign(lives[Number(step.kid)] ?? {}, { signs: now });
    }
    if (step.step === 'drop') {
      keys = keys.filter(({ kid }) => kid !== step.kid);
      Object.assign(lives[Number(step.kid)] ?? {}, { gone: now });
    }
  }
  return lives;
};

describe('SV-25 keys of JWT-SVIDs under the defaults, on a clock of its own', () => {
  it('SV-25 a new key is published for 3 to 5 refresh hints before it signs', () => {
    expect(signingKeyPublishAheadSeconds / publishedMaxAgeSeconds).toBeGreaterThanOrEqual(3);
    expect(signingKeyPublishAheadSeconds / publishedMaxAgeSeconds).toBeLessThanOrEqual(5);
    const [, ...successors] = livesOfKeys();
    const signing = successors.filter(({ signs }) => signs !== undefined);
    expect(signing.length).toBeGreaterThan(20);
    for (const { published, signs = 0 } of signing)
      expect(signs - published).toBeGreaterThanOrEqual(3 * hint);
  });
  it('SV-25 and an old one stays until the last JWT-SVID it signed has expired', () => {
    const gone = livesOfKeys().filter((life) => life.gone !== undefined);
    expect(gone.length).toBeGreaterThan(20);
    for (const { stops = 0, gone: at = 0 } of gone) expect(at - stops).toBeGreaterThan(longestLife);
  });
});
