import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextChange } from '../../../src/core/signing-keys/next-change.ts';
import {
  isExpired,
  isOverdue,
  maxPublishedKeys,
  planRotation,
  type RotationPolicy,
  type RotationStep,
} from '../../../src/core/signing-keys/plan-rotation.ts';
import type { KeyState, SigningKey } from '../../../src/core/signing-keys/signing-key.ts';

const policy: RotationPolicy = {
  rotateAfterMs: 1000,
  publishAheadMs: 100,
  keepRetiredMs: 200,
  expireAfterMs: 2100,
};

let count = 0;
const keyIn = (state: KeyState, times: Partial<SigningKey> = {}): SigningKey => {
  count += 1;
  return {
    tenant: 'default',
    kid: `k${count}`,
    purpose: 'access-token',
    algorithm: 'ES256',
    publicJwk: { kty: 'EC' },
    sealedPrivateKey: '',
    state,
    createdAt: 0,
    activatedAt: state === 'prepared' ? null : 0,
    retiredAt: state === 'retired' ? 0 : null,
    ...times,
  };
};

const active = (activatedAt = 0) => keyIn('active', { activatedAt });
const prepared = (createdAt: number) => keyIn('prepared', { createdAt });
const retired = (retiredAt: number) => keyIn('retired', { retiredAt });

/** What is due; a kid is told by the place of its key. */
const plan = (
  keys: readonly SigningKey[],
  now: number,
  { published = keys.length, rotateNow = false } = {},
) => {
  const step: RotationStep = planRotation(keys, published, policy, now, rotateNow);
  return 'kid' in step ? `${step.step} ${keys.findIndex(({ kid }) => kid === step.kid)}` : step.step;
};

describe('A68 MD-15 what is due for the keys of one purpose and algorithm', () => {
  it.each<[string, readonly SigningKey[], number, string]>([
    ['a young key signs on', [active()], 899, 'none'],
    ['its successor is made when the time it has to be published begins', [active()], 900, 'prepare'],
    ['and later, where that was missed', [active()], 2099, 'prepare'],
    ['a prepared key waits', [active(), prepared(900)], 999, 'none'],
    ['and signs once it was published long enough', [active(), prepared(900)], 1000, 'activate 1'],
    ['also where it was made late', [active(), prepared(1500)], 1599, 'none'],
    ['a retired key stays until its last token is dead', [active(1000), retired(1000)], 1199, 'none'],
    ['and is gone then', [active(1000), retired(1000)], 1200, 'drop 1'],
    ['before anything else', [active(), prepared(0), retired(0)], 5000, 'drop 2'],
    ['A70 a key nothing replaced signs to the last', [active(), prepared(2050)], 2099, 'none'],
    ['A70 then the prepared one takes over before its time', [active(), prepared(2050)], 2100, 'activate 1'],
    ['A70 or a new one at once', [active()], 2100, 'replace'],
    ['A70 a key that is missing is replaced at once', [], 0, 'replace'],
    ['A70 by the prepared one where there is one', [prepared(0)], 1, 'activate 0'],
    ['A70 also beside retired ones', [retired(0)], 100, 'replace'],
    ['B33 a clock that was set back changes nothing', [active(5000), retired(5000)], 0, 'none'],
    [
      'a key without the time it was activated counts from when it was made',
      [keyIn('active', { activatedAt: null })],
      900,
      'prepare',
    ],
    [
      'a retired key without its time counts from when it was made',
      [active(150), keyIn('retired', { retiredAt: null })],
      200,
      'drop 1',
    ],
  ])('%s', (_title, keys, now, expected) => {
    expect(plan(keys, now)).toBe(expected);
  });

  it.each<[string, readonly SigningKey[], number, number, string]>([
    ['a planned key takes the last place', [active()], 900, 4, 'prepare'],
    ['and waits where there is none', [active()], 900, 5, 'full'],
    ['A70 a key that is needed at once waits too', [active()], 2100, 5, 'full'],
  ])('A69 %s', (_title, keys, now, published, expected) => {
    expect(plan(keys, now, { published })).toBe(expected);
  });

  it.each<[string, readonly SigningKey[], number, string]>([
    ['makes the next key at once', [active()], 1, 'prepare'],
    ['leaves the last place to what is due', [active()], 4, 'full'],
    ['changes nothing where one is prepared', [active(), prepared(0)], 2, 'none'],
  ])('a rotation that is asked for %s', (_title, keys, published, expected) => {
    expect(plan(keys, 1, { published, rotateNow: true })).toBe(expected);
    expect(plan(keys, 1, { published })).toBe('none');
  });
});

describe('A70 too old', () => {
  it('a key is overdue once its turn is over by the time its successor needed, and expired at twice its turn', () => {
    const key = active();
    expect([1099, 1100].map((now) => isOverdue(key, [key], policy, now))).toEqual([false, true]);
    const late = [key, prepared(1500)];
    expect([1699, 1700].map((now) => isOverdue(key, late, policy, now))).toEqual([false, true]);
    expect([2099, 2100].map((now) => isExpired(active(), policy, now))).toEqual([false, true]);
  });
});

describe('what comes next for a key', () => {
  it.each<[string, SigningKey, readonly SigningKey[], number, string, number]>([
    ['a prepared key becomes active', prepared(50), [], 60, 'active', 150],
    ['at once where it is late', prepared(50), [], 500, 'active', 500],
    ['a retired key is gone', retired(50), [], 60, 'gone', 250],
    ['at once where it is late', retired(50), [], 500, 'gone', 500],
    ['an active key retires after its turn', active(), [], 60, 'retired', 1000],
    ['later where its successor is late', active(), [], 950, 'retired', 1050],
    ['with its successor where there is one', active(), [prepared(40)], 60, 'retired', 140],
    [
      'not with that of another purpose',
      active(),
      [{ ...prepared(40), purpose: 'jwt-svid' }],
      60,
      'retired',
      1000,
    ],
    ['nor of another algorithm', active(), [{ ...prepared(40), algorithm: 'RS256' }], 60, 'retired', 1000],
  ])('%s', (_title, key, others, now, state, at) => {
    expect(nextChange(key, [key, ...others], policy, now)).toEqual({ state, at });
  });
});

describe('A68 A69 over any sequence of times, rotations and revocations', () => {
  type Act = { readonly wait: number } | { readonly rotate: 0 | 1 } | { readonly revoke: number };
  const acts = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          wait: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 4000 })),
        }),
      },
      { weight: 3, arbitrary: fc.record({ rotate: fc.constantFrom<0 | 1>(0, 1) }) },
      { weight: 1, arbitrary: fc.record({ revoke: fc.nat(9) }) },
    ),
    { minLength: 1, maxLength: 120 },
  );
  const algorithms = ['ES256', 'RS256'] as const;

  it('never two keys sign, none before it was known, each stays until its tokens are dead, and there are few', () => {
    fc.assert(
      fc.property(acts, (history: readonly Act[]) => {
        let now = 10_000;
        let keys: SigningKey[] = algorithms.map((algorithm) => ({
          ...active(now),
          algorithm,
          createdAt: now,
        }));
        /** When each key signed for the last time. */
        const lastUse = new Map<string, number>();
        /** Keys that had to sign at once, because there was no other. */
        const emergencies = new Set(keys.map(({ kid }) => kid));
        const change = (kid: string, changes: Partial<SigningKey>) => {
          keys = keys.map((key) => (key.kid === kid ? { ...key, ...changes } : key));
        };
        const activeOf = (algorithm: SigningKey['algorithm']) =>
          keys.find((key) => key.state === 'active' && key.algorithm === algorithm);
        const settle = (algorithm: SigningKey['algorithm'], asked: boolean): void => {
          let rotateNow = asked;
          for (let count = 0; ; count += 1) {
            expect(count).toBeLessThan(20);
            const slot = keys.filter((key) => key.algorithm === algorithm);
            const step = planRotation(slot, keys.length, policy, now, rotateNow);
            const current = activeOf(algorithm);
            switch (step.step) {
              case 'none':
              case 'full':
                return;
              case 'prepare':
                keys.push({ ...prepared(now), algorithm });
                rotateNow = false;
                break;
              case 'replace': {
                expect(current === undefined || isExpired(current, policy, now)).toBe(true);
                if (current !== undefined) change(current.kid, { state: 'retired', retiredAt: now });
                const fresh = { ...active(now), algorithm, createdAt: now };
                emergencies.add(fresh.kid);
                keys.push(fresh);
                rotateNow = false;
                break;
              }
              case 'activate':
                if (current === undefined || isExpired(current, policy, now)) emergencies.add(step.kid);
                if (current !== undefined) change(current.kid, { state: 'retired', retiredAt: now });
                change(step.kid, { state: 'active', activatedAt: now });
                break;
              case 'drop':
                expect(now - (lastUse.get(step.kid) ?? -Infinity)).toBeGreaterThanOrEqual(
                  policy.keepRetiredMs,
                );
                keys = keys.filter(({ kid }) => kid !== step.kid);
                break;
            }
          }
        };

        for (const act of history) {
          if ('wait' in act) now += act.wait;
          else if ('revoke' in act) {
            const gone = keys[act.revoke % keys.length];
            if (gone === undefined) continue;
            keys = keys.filter(({ kid }) => kid !== gone.kid);
            lastUse.delete(gone.kid);
          }
          for (const [index, algorithm] of algorithms.entries())
            settle(algorithm, 'rotate' in act && act.rotate === index);

          expect(keys.length).toBeLessThanOrEqual(maxPublishedKeys);
          for (const algorithm of algorithms) {
            const slot = keys.filter((key) => key.algorithm === algorithm);
            expect(slot.filter(({ state }) => state === 'active').length).toBeLessThanOrEqual(1);
            expect(slot.filter(({ state }) => state === 'prepared').length).toBeLessThanOrEqual(1);
            const signer = activeOf(algorithm);
            // A place is always free, for what is retired goes: no key is ever too old to sign for want of one.
            if (signer === undefined || isExpired(signer, policy, now)) {
              expect(keys.length).toBe(maxPublishedKeys);
              continue;
            }
            if (!emergencies.has(signer.kid))
              expect(now - signer.createdAt).toBeGreaterThanOrEqual(policy.publishAheadMs);
            lastUse.set(signer.kid, now);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
