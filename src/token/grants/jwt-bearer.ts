import { grant } from '../../core/activity/check.ts';
import { grantTypes } from '../../core/oauth/vocabulary.ts';
import type { Grant } from './grant.ts';
import { required } from './required.ts';

/** The JWT bearer grant (RFC 7523 §2.1): the token is the `assertion`, of a third party or signed with an own key. */
export const jwtBearer: Grant = {
  type: grantTypes.jwtBearer,
  door: 'jwt-bearer',
  tokenParameter: 'assertion',
  presentedTokenError: 'invalid_grant',
  acceptsOwnKey: true,
  presentedTokenAuthenticates: false,
  readPresentedToken: (parameters) => {
    const assertion = required(parameters, 'assertion');
    return assertion.ok ? grant({ parameter: 'assertion', token: assertion.value }) : assertion;
  },
};
