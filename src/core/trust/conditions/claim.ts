import { type JsonObject, type JsonValue, member } from '../../json.ts';

/**
 * The claim a condition names: the top-level claim of literally that name, dots and slashes included
 * (`https://example.com/team`, `kubernetes.io`); failing that, and only when the name begins with `/`, the value behind
 * that JSON pointer (RFC 6901), through objects alone: `/kubernetes.io/namespace`.
 *
 * @returns `undefined` when there is none; never something inherited (A35)
 */
export const findClaim = (claims: JsonObject, name: string): JsonValue | undefined => {
  const literal = member(claims, name);
  if (literal !== undefined || !name.startsWith('/')) return literal;

  let value: JsonValue | undefined = claims;
  for (const token of name.slice(1).split('/')) {
    if (!isJsonObject(value)) return undefined;
    value = member(value, token.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return value;
};

const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
