import { describe, expect, it } from 'vitest';
import { hashToken } from '../../../src/adapters/identifiers/hash-token.ts';
import { newId } from '../../../src/adapters/identifiers/new-id.ts';

describe('newId', () => {
  it('A104 AT-09 gives 10,000 random UUIDs: no repeat, no order', () => {
    const ids = Array.from({ length: 10_000 }, newId);
    expect(new Set(ids).size).toBe(10_000);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const rising = ids.filter((id, index) => index > 0 && id > (ids[index - 1] ?? '')).length;
    expect(rising).toBeGreaterThan(4500);
    expect(rising).toBeLessThan(5500);
  });
});

describe('hashToken', () => {
  it.each([
    ['abc', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'],
    ['', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
  ])('RS-12 is base64url SHA-256 of %j (FIPS 180-4 vectors)', (token, hash) => {
    expect(hashToken(token)).toBe(hash);
  });
});
