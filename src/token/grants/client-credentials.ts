import { failed, grant, refuse } from '../../core/activity/check.ts';
import { grantTypes } from '../../core/oauth/vocabulary.ts';
import type { Grant } from './grant.ts';

/** Client credentials (RFC 6749 §4.4): the `client_assertion` is a third-party token (CC-02) or signed with an own key. */
export const clientCredentials: Grant = {
  type: grantTypes.clientCredentials,
  door: 'client-credentials',
  tokenParameter: 'client_assertion',
  presentedTokenError: 'invalid_client',
  acceptsOwnKey: true,
  presentedTokenAuthenticates: true,
  readPresentedToken: (parameters) => {
    const assertion = parameters.get('client_assertion');
    if (assertion !== undefined) return grant({ parameter: 'client_assertion', token: assertion });
    return refuse('client_authentication_missing', [
      failed(
        'client.authentication',
        'client_assertion with client_assertion_type',
        'absent',
        'Authenticate with a signed JWT: the token of your platform, or one signed with the key of the account.',
      ),
    ]);
  },
};
