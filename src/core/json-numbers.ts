import type { JsonValue } from './json.ts';

/**
 * The first number in `value`, at any depth, that is not what was written, or would not be what is read: one beyond the
 * range of a double, which JSON cannot carry (RFC 8259 §6), or a whole one from 2^53 on, of which several texts are the
 * same double (RFC 7493 §2.2). `null` where every number is safe.
 */
export const findUnsafeNumber = (value: JsonValue): number | null => {
  if (typeof value === 'number') return isSafeNumber(value) ? null : value;
  if (typeof value !== 'object' || value === null) return null;
  for (const item of Object.values(value) as readonly JsonValue[]) {
    const found = findUnsafeNumber(item);
    if (found !== null) return found;
  }
  return null;
};

const isSafeNumber = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
