import { clientAssertionTypes, grantTypes } from '../../core/oauth/vocabulary.ts';
import type { CommandContext } from '../command-context.ts';
import type { Credentials } from './read-credentials.ts';
import { requestToken } from './request-token.ts';
import { signAssertion } from './sign-assertion.ts';
import type { TokenAnswer } from './token-answer.ts';
import { svidForm, type TokenRequest } from './token-request.ts';

/**
 * An access token, or a JWT-SVID, for an account with its own key: `client_credentials` with `private_key_jwt` (contract §3).
 *
 * @throws CommandFailed as {@link requestToken}
 */
export const requestOwnKeyToken = (
  context: CommandContext,
  credentials: Credentials,
  wanted: {
    readonly audience?: string | undefined;
    readonly scope?: string | undefined;
    readonly svid?: TokenRequest['svid'];
    readonly maxWaitSeconds?: number | undefined;
  } = {},
): Promise<TokenAnswer> =>
  requestToken(context, {
    tokenEndpoint: credentials.tokenEndpoint,
    maxWaitSeconds: wanted.maxWaitSeconds,
    form: async () => ({
      grant_type: grantTypes.clientCredentials,
      client_assertion_type: clientAssertionTypes.jwtBearer,
      client_assertion: signAssertion(credentials, context.now()),
      ...(wanted.audience === undefined ? {} : { audience: wanted.audience }),
      ...(wanted.scope === undefined ? {} : { scope: wanted.scope }),
      ...svidForm(wanted.svid ?? null),
    }),
  });
