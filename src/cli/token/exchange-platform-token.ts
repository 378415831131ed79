import { grantTypes } from '../../core/oauth/vocabulary.ts';
import { CommandFailed } from '../command-failed.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Mask } from './create-mask.ts';
import type { DiscoveredServer } from './discover-server.ts';
import { describeClaims, peekClaims, type UnverifiedClaims } from './read-jwt.ts';
import { requestToken } from './request-token.ts';
import type { TokenAnswer } from './token-answer.ts';
import { svidForm, type TokenRequest } from './token-request.ts';
import type { Finding } from './token-source.ts';

/**
 * Exchanges the token of a platform (RFC 8693 §2.1). It is read anew for each attempt.
 *
 * @throws CommandFailed; a refusal also says what the token claims, which is what an administrator has to register
 */
export const exchangePlatformToken = async (
  context: CommandContext,
  server: DiscoveredServer,
  source: Extract<Finding, { kind: 'platform-token' }>,
  wanted: TokenRequest,
  {
    deadline,
    mask,
    explain,
  }: {
    /** Milliseconds since 1970. */
    readonly deadline: number;
    readonly mask: Mask;
    readonly explain: (line: string) => void;
  },
): Promise<TokenAnswer> => {
  const platformAudience = wanted.platformAudience ?? server.issuer;
  let presented: UnverifiedClaims | null = null;
  try {
    return await requestToken(context, {
      tokenEndpoint: server.tokenEndpoint,
      maxWaitSeconds: Math.max(0, deadline - context.now()) / 1000,
      form: async () => {
        const token = await source.read(platformAudience, deadline);
        await mask(token);
        presented = peekClaims(token);
        if (presented !== null) explain(`the platform's token (unverified): ${describeClaims(presented)}`);
        return buildForm(token, wanted);
      },
    });
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.exitCode !== exitCodes.refused || presented === null)
      throw error;
    throw new CommandFailed(
      error.exitCode,
      [...error.lines, ...describePresented(presented, platformAudience)],
      {
        cause: error,
      },
    );
  }
};

const buildForm = (
  token: string,
  { subjectTokenType, audience, scope, clientId, svid }: TokenRequest,
): Readonly<Record<string, string>> => ({
  grant_type: grantTypes.tokenExchange,
  subject_token: token,
  subject_token_type: subjectTokenType,
  ...(audience === null ? {} : { audience }),
  ...(scope === null ? {} : { scope }),
  ...(clientId === null ? {} : { client_id: clientId }),
  ...svidForm(svid),
});

const describePresented = (presented: UnverifiedClaims, platformAudience: string): readonly string[] => [
  `presented (unverified): ${describeClaims(presented)}`,
  ...(presented.audience.includes(platformAudience)
    ? []
    : [
        `its audience is not ${platformAudience}: unless the federation names the one above, the platform has to be asked for that`,
      ]),
];
