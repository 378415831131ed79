import type { CommandContext } from '../../command-context.ts';
import { readJwt } from '../read-jwt.ts';
import { lacking, notHere, type TokenSource } from '../token-source.ts';

/** What CircleCI puts into every job; the audience is the organisation's id. */
const variables = ['CIRCLE_OIDC_TOKEN_V2', 'CIRCLE_OIDC_TOKEN'] as const;

/** CircleCI: a token for any audience from its program; where that is missing, the one for the organisation. */
export const circleci: TokenSource = {
  name: 'CircleCI',
  find: async (context, { platformAudience }) => {
    const { environment } = context;
    if (environment['CIRCLECI'] !== 'true') return notHere('CIRCLECI is not true');
    if (platformAudience !== null && (await ask(context, platformAudience)) !== null)
      return {
        kind: 'platform-token',
        where: 'circleci run oidc get',
        renews: true,
        read: async (audience) =>
          readJwt((await ask(context, audience)) ?? '', 'the answer of circleci run oidc get'),
      };
    const name = variables.find((variable) => (environment[variable] ?? '') !== '');
    if (name === undefined)
      return lacking(
        `"circleci run oidc get" gave no token, and ${variables[0]} is not set: the job needs a context, or OIDC is switched off`,
      );
    const where = `the variable ${name}`;
    return {
      kind: 'platform-token',
      where,
      renews: false,
      warning: `${name} is made out to the id of the organisation on CircleCI, not to this server: the federation has to name that audience`,
      read: async () => readJwt(environment[name] ?? '', where),
    };
  },
};

const ask = async (context: CommandContext, audience: string): Promise<string | null> => {
  const args = ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })];
  const { code, stdout } = await context.run('circleci', args);
  return code === 0 && stdout.trim() !== '' ? stdout : null;
};
