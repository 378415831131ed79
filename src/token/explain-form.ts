import type { JsonObject } from '../core/json.ts';
import { parseCompactJws } from '../core/jwt/compact-form.ts';
import { clientAssertionTypes, grantTypes, tokenTypes } from '../core/oauth/vocabulary.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { problem, type RegistrationProblem } from '../core/trust/registration-problem.ts';
import type { PresentedToken } from './grants/grant.ts';
import { grants } from './grants/index.ts';
import { classifyToken, type TokenKind } from './token-kinds.ts';

/** Form parameters in the order in which they are sent; a name may come again. */
export type FormPairs = readonly (readonly [name: string, value: string])[];

/** What can be told of a token before anything of it is checked; `null` where it cannot be read. */
export interface SampleToken {
  readonly text: string;
  readonly claims: JsonObject | null;
  readonly kind: TokenKind | null;
}

/** Reads as much of a token as its place in a request depends on. */
export const readSampleToken = (text: string, baseIssuer: string): SampleToken => {
  const jws = parseCompactJws(text);
  if (!jws.ok) return { text, claims: null, kind: null };
  const kind = classifyToken(jws.value, baseIssuer);
  return { text, claims: jws.value.claims, kind: kind.ok ? kind.value : null };
};

/**
 * The form a client would send with this token: at the door that `grant_type` names, else by token exchange, an assertion
 * with an own key by client credentials. What says what the token is, is added where it is not there.
 *
 * @returns the body in the encoding of forms; the error names the parameter that is there twice
 */
export const buildSampleForm = (
  token: SampleToken,
  clientId: string | null,
  parameters: FormPairs,
): Result<string, RegistrationProblem> => {
  const given = new Set(parameters.map(([name]) => name));
  const usual = token.kind?.kind === 'own-key' ? grantTypes.clientCredentials : grantTypes.tokenExchange;
  const type = parameters.find(([name]) => name === 'grant_type')?.[1] ?? usual;
  const place = grants.find((grant) => grant.type === type)?.tokenParameter ?? 'subject_token';
  if (given.has(place))
    return fail(problem(`/parameters/${place}`, 'The token stands there. Leave the parameter out.'));
  if (clientId !== null && given.has('client_id'))
    return fail(problem('/parameters/client_id', 'The client id is given twice. Leave one of the two out.'));
  const usually: FormPairs = [
    ['grant_type', type],
    ...companionsOf(place, token.kind),
    ...(clientId === null ? [] : ([['client_id', clientId]] as const)),
  ];
  const pairs: FormPairs = [
    ...usually.filter(([name]) => !given.has(name)),
    ...parameters,
    [place, token.text],
  ];
  return ok(new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString());
};

/** Parameters that say what a token is, beside the one it stands in. */
const companionsOf = (place: PresentedToken['parameter'], kind: TokenKind | null): FormPairs => {
  switch (place) {
    case 'subject_token':
      return [['subject_token_type', tokenTypes.jwt]];
    case 'client_assertion': {
      const { jwtBearer, jwtSpiffe } = clientAssertionTypes;
      return [['client_assertion_type', kind?.kind === 'jwt-svid' ? jwtSpiffe : jwtBearer]];
    }
    case 'assertion':
      return [];
  }
};
