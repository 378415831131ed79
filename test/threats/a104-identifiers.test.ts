import { describe, expect, it } from 'vitest';
import { newId } from '../../src/adapters/identifiers/new-id.ts';

describe('A104 guessable ids', () => {
  it('A104 10,000 ids: random UUIDs of version 4, no repeat, no order', () => {
    const ids = Array.from({ length: 10_000 }, () => newId());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const rising = ids.filter((id, index) => index > 0 && id > (ids[index - 1] ?? '')).length;
    expect(rising).toBeGreaterThan(4_500);
    expect(rising).toBeLessThan(5_500);
  });
});
