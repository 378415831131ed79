import { describe, expect, it } from 'vitest';
import { createRecentMap } from '../../src/core/recent-map.ts';

describe('createRecentMap', () => {
  it('gives what was set, and the last of it', () => {
    const map = createRecentMap<number>(10);
    expect(map.get('a')).toBeUndefined();
    expect(map.set('a', 1)).toBe(1);
    map.set('a', 2);
    expect(map.get('a')).toBe(2);
  });

  it.each([1, 2, 3, 10, 100])('of %i at most it keeps half, and no more than all', (most) => {
    const map = createRecentMap<number>(most);
    for (let key = 0; key < 1000; key += 1) map.set(String(key), key);
    const half = Math.max(1, Math.floor(most / 2));
    for (let key = 1000 - half; key < 1000; key += 1) expect(map.get(String(key))).toBe(key);
    // Looked for from the newest on, none is put in place of another that is still to be looked for.
    const fresh = createRecentMap<number>(most);
    for (let key = 0; key < 1000; key += 1) fresh.set(String(key), key);
    expect(fresh.get(String(1000 - 2 * half - 1))).toBeUndefined();
  });

  it('keeps what is asked for again and again, whatever is set meanwhile', () => {
    const map = createRecentMap<string>(10);
    map.set('kept', 'here');
    for (let key = 0; key < 1000; key += 1) {
      map.set(String(key), '');
      if (key % 4 === 0) expect(map.get('kept')).toBe('here');
    }
  });

  it('setting a key again takes no place of others', () => {
    const map = createRecentMap<number>(2);
    map.set('a', 1);
    map.set('b', 1);
    for (let count = 0; count < 100; count += 1) map.set('b', count);
    expect(map.get('a')).toBe(1);
  });
});
