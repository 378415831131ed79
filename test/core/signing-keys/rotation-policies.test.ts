import { describe, expect, it } from 'vitest';
import {
  longestUnheardSeconds,
  rotationPolicies,
  rotationProblems,
} from '../../../src/core/signing-keys/rotation-policies.ts';

const defaults = { rotateAfterDays: 30, publishAheadSeconds: 1500, publishedMaxAgeSeconds: 300 };
const dayMs = 86_400_000;

describe('the policy of each purpose', () => {
  const policies = rotationPolicies(defaults);

  it('is what the operator said, in milliseconds', () => {
    for (const policy of Object.values(policies))
      expect(policy).toMatchObject({ rotateAfterMs: 30 * dayMs, publishAheadMs: 1_500_000 });
  });

  it.each([
    ['access-token', 900],
    ['jwt-svid', 3600],
  ] as const)(
    'MD-15 a retired %s key outlives %i s, the skew, a cache, and what a node out of reach signs with it',
    (purpose, lifeSeconds) => {
      expect(policies[purpose].keepRetiredMs).toBe((lifeSeconds + 60 + 300 + longestUnheardSeconds) * 1000);
    },
  );

  it('A70 a key signs for twice its turn at most, and never less than its successor needs', () => {
    expect(policies['access-token'].expireAfterMs).toBe(60 * dayMs + 1_500_000);
  });

  it('contract §7 the longest time without news covers the longest grace of the store', () => {
    expect(longestUnheardSeconds).toBe(15 * 60);
  });
});

describe('settings that cannot be kept', () => {
  it('are none by default', () => {
    expect(rotationProblems(defaults)).toEqual([]);
  });

  it.each([
    [{ ...defaults, publishAheadSeconds: 600 }, []],
    [{ ...defaults, publishAheadSeconds: 599 }, ['signingKeyPublishAheadSeconds']],
    [{ ...defaults, rotateAfterDays: 0.1 }, []],
    [{ ...defaults, rotateAfterDays: 0.07 }, ['signingKeyRotationDays']],
    [
      { rotateAfterDays: 0.01, publishAheadSeconds: 1, publishedMaxAgeSeconds: 300 },
      ['signingKeyPublishAheadSeconds', 'signingKeyRotationDays'],
    ],
  ])('A68 A69 MD-15 %j', (settings, named) => {
    expect(rotationProblems(settings).map((problem) => problem.split(':')[0])).toEqual(named);
  });

  it('A69 the figure in the sentence is one that is taken', () => {
    const [problem = ''] = rotationProblems({ ...defaults, rotateAfterDays: 0.01 });
    const days = Number(/at least ([\d.]+),/.exec(problem)?.[1]);
    expect(rotationProblems({ ...defaults, rotateAfterDays: days })).toEqual([]);
    expect(rotationProblems({ ...defaults, rotateAfterDays: days - 0.002 })).toHaveLength(1);
  });
});
