import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import type { TokenOptions } from '../token/token-request.ts';

/** Said after the options; the sources stand in the order in which they are asked. */
const afterOptions = `
Who this workload is comes from the first of these that has something:
  subject token             --subject-token, BUREAU_SUBJECT_TOKEN
  subject token file        --subject-token-file, BUREAU_SUBJECT_TOKEN_FILE
  token variable            --token-variable, or BUREAU_ID_TOKEN
  credentials file          --credentials, BUREAU_CREDENTIALS
  GitHub Actions            the job needs  permissions: id-token: write
  GitLab CI                 the job needs  id_tokens: BUREAU_ID_TOKEN: aud: <server>
  Buildkite                 buildkite-agent oidc request-token
  CircleCI                  circleci run oidc get, or CIRCLE_OIDC_TOKEN_V2
  Kubernetes projected token
                            /var/run/secrets/bureau/token, /var/run/secrets/tokens/bureau
  SPIFFE JWT-SVID           BUREAU_JWT_SVID_FILE, /var/run/secrets/spiffe/jwt_svid.token,
                            /run/spiffe/jwt_svid.token
  Kubernetes API token      as a last resort, and its audience is the cluster's

Only the token goes to stdout. In GitHub Actions and Buildkite it is masked in the log first.
NODE_EXTRA_CA_CERTS=FILE makes a private CA known, NODE_USE_ENV_PROXY=1 makes HTTPS_PROXY count.
Exit codes: 0 done, 1 refused, 2 usage, 3 server unreachable.

  export BUREAU_SERVER=https://sts.example.com
  TOKEN=$(bureau token --audience https://api.example.com)
  bureau token --watch /run/token --credentials account.json
  bureau token --jwt-svid --audience my-service.example.com`;

/** `bureau token`: the token of the platform in, an access token or a JWT-SVID out (contract §6). */
export const addTokenCommand = (program: Command, context: CommandContext): void => {
  program
    .command('token')
    .summary('print an access token for this workload')
    .description(
      'Prints an access token for this workload, in exchange for its identity on the platform it runs on, or for an assertion signed with its own key.',
    )
    .option('-s, --server <url>', 'issuer identifier of the server (BUREAU_SERVER, BUREAU_ISSUER)')
    .option('-t, --tenant <name>', 'tenant on that server (BUREAU_TENANT)')
    .option('-p, --credentials <file>', 'credentials file with a key of its own (BUREAU_CREDENTIALS)')
    .option(
      '--subject-token <jwt>',
      'the token to exchange; others on the machine can see it here (BUREAU_SUBJECT_TOKEN)',
    )
    .option('--subject-token-file <file>', 'file with that token, - for stdin (BUREAU_SUBJECT_TOKEN_FILE)')
    .option('--subject-token-type <type>', 'jwt or id_token (BUREAU_SUBJECT_TOKEN_TYPE, default jwt)')
    .option('--token-variable <name>', 'variable with that token (BUREAU_TOKEN_VARIABLE)')
    .option(
      '--platform-audience <audience>',
      'what the platform is asked for (BUREAU_PLATFORM_AUDIENCE, default the server)',
    )
    .option('--audience <audience>', 'who the token is for (BUREAU_AUDIENCE)')
    .option('--scope <scopes>', 'what it allows, by spaces (BUREAU_SCOPE)')
    .option('--client-id <id>', 'the account, where several match (BUREAU_CLIENT_ID)')
    .option('--jwt-svid', 'a JWT-SVID for that audience in place of an access token')
    .option(
      '--credential-provider <name>',
      'a JWT-SVID of this credential provider (BUREAU_CREDENTIAL_PROVIDER)',
    )
    .option('--format <format>', 'token, json, env or header (default token)')
    .option('--json', 'as --format json')
    .option('--watch <file>', 'keep a file fresh, mode 0600, until SIGTERM')
    .option('--max-wait <seconds>', 'for a server that is busy (BUREAU_MAX_WAIT, default 60)')
    .option('--allow-http', 'send tokens over plain http to other machines')
    .option('-v, --verbose', 'say on stderr what is done, and never a token')
    .addHelpText('after', afterOptions)
    .action(async (options: TokenOptions) => {
      const { runToken } = await import('../token/run-token.ts');
      await runToken(context, options);
    });
};
