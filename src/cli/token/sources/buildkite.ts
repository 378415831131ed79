import { refused } from '../../command-failed.ts';
import { printable } from '../printable.ts';
import { readJwt } from '../read-jwt.ts';
import { lacking, notHere, type TokenSource } from '../token-source.ts';

const program = 'buildkite-agent';

/** Buildkite: a token for any audience, from the agent. */
export const buildkite: TokenSource = {
  name: 'Buildkite',
  find: async (context) => {
    if (context.environment['BUILDKITE'] !== 'true') return notHere('BUILDKITE is not true');
    if ((await context.run(program, ['--version'])).code === null)
      return lacking(
        `the program ${program} is not in the PATH of this step; a container has to be given it`,
      );
    return {
      kind: 'platform-token',
      where: program,
      renews: true,
      read: async (audience) => {
        const { code, stdout, stderr } = await context.run(program, [
          'oidc',
          'request-token',
          '--audience',
          audience,
        ]);
        if (code !== 0) throw refused(`refused: ${program} gave no token: ${printable(stderr)}`);
        return readJwt(stdout, `the answer of ${program}`);
      },
    };
  },
};
