import { describe, expect, it } from 'vitest';
import { isUsableKey, maxKeysPerAccount } from '../../../src/core/accounts/account-key.ts';

const now = 1_795_000_000_000;

describe('isUsableKey', () => {
  it.each([
    ['enabled', null, true],
    ['enabled', now + 1, true],
    ['enabled', now, false],
    ['enabled', now - 1, false],
    ['enabled', 0, false],
    ['disabled', null, false],
    ['disabled', now + 1, false],
    ['disabled', now - 1, false],
  ] as const)('A61 a key that is %s and expires at %s: %s', (status, expiresAt, usable) =>
    expect(isUsableKey({ status, expiresAt }, now)).toBe(usable),
  );

  it('A61 the same key is usable before its end and not from it on', () => {
    const key = { status: 'enabled', expiresAt: now } as const;
    expect([now - 1, now, now + 1].map((at) => isUsableKey(key, at))).toEqual([true, false, false]);
  });
});

it('A64 contract §5 at most five keys an account', () => expect(maxKeysPerAccount).toBe(5));
