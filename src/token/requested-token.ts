import { failed, grant, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { SvidTarget } from '../core/credential-providers/choose-provider.ts';
import type { FormParameters } from '../core/oauth/form-parameters.ts';
import { tokenTypes } from '../core/oauth/vocabulary.ts';

/** What a request asks for (RFC 8693 §2.1): an access token unless it says otherwise. */
export type RequestedToken =
  { readonly kind: 'access-token' } | { readonly kind: 'jwt-svid'; readonly target: SvidTarget };

/** Reads `requested_token_type` and `credential_provider`, at every door alike (contract §3). */
export const readRequestedToken = (parameters: FormParameters): Verdict<RequestedToken> => {
  const type = parameters.get('requested_token_type');
  const provider = parameters.get('credential_provider') ?? null;
  const check = 'parameter.requested_token_type';
  if (type !== undefined && type !== tokenTypes.accessToken && type !== tokenTypes.jwt)
    return refuse('requested_token_type_unsupported', [
      failed(check, `${tokenTypes.accessToken} or ${tokenTypes.jwt}`, present(type)),
    ]);
  if (type === tokenTypes.accessToken && provider !== null)
    return refuse('requested_token_type_unsupported', [
      failed(check, tokenTypes.jwt, present(type), 'A credential provider gives JWT-SVIDs and no access token.'),
    ]);
  if (type !== tokenTypes.jwt && provider === null) return grant({ kind: 'access-token' });

  const audience = parameters.get('audience') ?? parameters.get('resource') ?? null;
  if (audience === null && provider === null)
    return refuse('svid_target_missing', [
      failed(
        'parameter.audience',
        'audience, or credential_provider',
        'absent',
        'A JWT-SVID is for one service: send its audience, or the name of the credential provider.',
      ),
    ]);
  return grant({ kind: 'jwt-svid', target: { provider, audience } });
};
