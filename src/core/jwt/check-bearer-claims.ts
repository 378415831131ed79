import { failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { present } from '../activity/present.ts';
import { type JsonObject, member } from '../json.ts';
import { readAudiences, readJti } from './read-claim.ts';

/** `aud` names somebody; whether that is us is for the federation to say (ST-18). */
export const checkAudiences = (claims: JsonObject): Verdict<readonly string[]> => {
  const audiences = readAudiences(claims);
  if (!audiences.ok) return audiences;
  return grant(audiences.value, () => [
    passed('claims.aud', 'one or more audiences', present(member(claims, 'aud'))),
  ]);
};

/** `jti`: optional, unless the tokens of the issuer work once (contract §3). */
export const checkJti = (claims: JsonObject, required: boolean): Verdict<string | null> => {
  const expected = required ? 'a string: tokens of this issuer work once' : 'absent, or a string';
  const value = member(claims, 'jti');
  if (value === undefined && !required) return grant(null, () => [passed('claims.jti', expected, 'absent')]);
  const jti = readJti(claims);
  if (!jti.ok) return jti;
  return grant(jti.value, () => [passed('claims.jti', expected, present(value))]);
};

const expectedConfirmation = 'absent: a bearer token';
const isForBearer = [passed('claims.cnf', expectedConfirmation, 'absent')];

/** Such a token is worth nothing without a proof that nobody asks for here; taken as a bearer token it could be stolen (ST-30). */
export const checkNotBoundToKey = (claims: JsonObject): Verdict<null> => {
  const cnf = member(claims, 'cnf');
  return cnf === undefined
    ? grant(null, isForBearer)
    : refuse('token_bound_to_a_key', [
        failed(
          'claims.cnf',
          expectedConfirmation,
          present(cnf),
          'The token is bound to a key of its holder (RFC 7800) and does not count alone. Ask the issuer for a bearer token.',
        ),
      ]);
};
