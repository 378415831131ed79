import { failed, grant, passed, refuse } from '../../core/activity/check.ts';
import { present } from '../../core/activity/present.ts';
import { grantTypes, tokenTypes } from '../../core/oauth/vocabulary.ts';
import type { Grant } from './grant.ts';
import { required } from './required.ts';

const subjectTokenTypes: readonly string[] = [tokenTypes.jwt, tokenTypes.idToken];

/** OAuth 2.0 Token Exchange (RFC 8693 §2.1): the third-party token is the `subject_token`. */
export const tokenExchange: Grant = {
  type: grantTypes.tokenExchange,
  door: 'token-exchange',
  tokenParameter: 'subject_token',
  presentedTokenError: 'invalid_request',
  acceptsOwnKey: false,
  presentedTokenAuthenticates: false,
  readPresentedToken: (parameters) => {
    const token = required(parameters, 'subject_token');
    if (!token.ok) return token;
    const type = required(parameters, 'subject_token_type');
    if (!type.ok) return type;
    const expected = subjectTokenTypes.join(' or ');
    if (!subjectTokenTypes.includes(type.value))
      return refuse('subject_token_type_unsupported', [
        failed(
          'parameter.subject_token_type',
          expected,
          present(type.value),
          type.value === tokenTypes.accessToken
            ? 'Access tokens of this server are not exchanged again; declare a third-party JWT as …:token-type:jwt.'
            : 'Declare the third-party token as a JWT or an ID token (RFC 8693 §3).',
        ),
      ]);
    for (const name of ['actor_token', 'actor_token_type'] as const)
      if (parameters.has(name))
        return refuse('actor_token_unsupported', [
          failed(
            `parameter.${name}`,
            'absent',
            'present',
            'Delegation is not offered; send the subject token alone.',
          ),
        ]);
    return grant({ parameter: 'subject_token', token: token.value }, () => [
      passed('parameter.subject_token_type', expected, type.value),
    ]);
  },
};
