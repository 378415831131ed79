import { type JsonObject, type JsonValue, member } from '../json.ts';

/** The body of an introspection response (RFC 7662 §2.2). */
export type IntrospectionResponse =
  | { readonly active: false }
  | ({ readonly active: true; readonly token_type: 'Bearer' } & Readonly<Record<string, JsonValue>>);

/** What every token that cannot be told about is: unknown, expired, revoked, foreign, or none of the caller's business (IR-02). */
export const inactive: IntrospectionResponse = { active: false };

/** The claims that are told, those of the token itself and no other (IR-04). */
const told = ['iss', 'sub', 'aud', 'client_id', 'scope', 'exp', 'iat', 'jti', 'cnf', 'act'] as const;

/** The response for a token that is good, with the values it was signed with (IR-04). */
export const buildIntrospection = (claims: JsonObject): IntrospectionResponse => ({
  active: true,
  token_type: 'Bearer',
  ...Object.fromEntries(
    told.flatMap((name): [string, JsonValue][] => {
      const value = member(claims, name);
      return value === undefined ? [] : [[name, value]];
    }),
  ),
});
