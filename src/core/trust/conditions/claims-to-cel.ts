import type { CelInput } from '@bufbuild/cel';
import type { JsonObject, JsonValue } from '../../json.ts';

/** Claims nested deeper than this cannot be looked at by an expression. */
const maxDepth = 32;

/**
 * Claims as CEL sees them: objects as maps, so that every member name is plain data (A35); numbers as double, which CEL
 * compares with its integers by value.
 *
 * @throws when they are nested too deep
 */
export const claimsToCel = (claims: JsonObject): CelInput => convert(claims, 0);

const convert = (value: JsonValue, depth: number): CelInput => {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) throw new Error(`claims are nested deeper than ${maxDepth}`);
  if (isList(value)) return value.map((element) => convert(element, depth + 1));
  return new Map(Object.entries(value).map(([name, element]) => [name, convert(element, depth + 1)]));
};

const isList = (value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] =>
  Array.isArray(value);
