import { Option, type Command } from 'commander';
import { addAdminCommand, addSignInOptions } from '../admin/add-commands.ts';
import type { ExplainOptions } from '../admin/explain.ts';
import { listOption } from '../admin/member-flags.ts';
import type { CommandContext } from '../command-context.ts';

/** Said after the options. */
const afterOptions = `
Nothing is issued, used up or changed. The token is read from stdin where it is not named, which is the best way: others on
the machine see what stands on a command line.
Exit codes: 0 would be issued, 1 would be refused, 2 usage, 3 server unreachable.

  bureau explain < token.jwt
  bureau explain --token-file token.jwt --at issued          # it has expired by now
  bureau explain --claims claims.json --proposed account.yaml`;

/** `bureau explain`: what the token endpoint would do with a token, and why (contract §6). */
export const addExplainCommand = (program: Command, context: CommandContext): void => {
  const command = addAdminCommand<ExplainOptions>(
    program,
    'explain [token]',
    'say what would become of a token, and why, without using it',
    async (said, options) => (await import('../admin/explain.ts')).runExplain(context, said, options),
  )
    .option('--token-file <file>', 'file with the token, - for stdin')
    .option('--claims <file>', 'in its place the claims a token would have, as JSON or YAML, - for stdin')
    .option('--client-id <id>', 'client_id of the request')
    .addOption(
      listOption(
        '--param <name=value>',
        'a further form parameter, such as scope=certificates:read; grant_type=… chooses the door',
      ),
    )
    .option('--proposed <file>', 'an account that is not saved, as `accounts create` takes it, - for stdin')
    .addOption(
      new Option(
        '--at <when>',
        'for which moment: now, issued (right after iat), a time, or a span ago such as 2h',
      ),
    )
    .addHelpText('after', afterOptions);
  addSignInOptions(command);
};
