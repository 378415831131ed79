import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addAccountsCommands } from './commands/accounts.ts';
import { addActivitiesCommands } from './commands/activities.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addIssuersCommands } from './commands/issuers.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addTokenCommand } from './commands/token.ts';

/** What the process brings: its version, and the server, which the command line does not know. */
export interface ServerCommands {
  readonly version: string;
  readonly serve: (file: string | null) => Promise<void>;
}

/** Every command but the server, in the order of the help. */
const commands = [
  addTokenCommand,
  addAccountsCommands,
  addKeysCommands,
  addIssuersCommands,
  addActivitiesCommands,
  addCompletionCommand,
] as const;

/** The whole command line. A command says here what it takes; what it does is loaded only when it is run. */
export const buildProgram = (context: CommandContext, { version, serve }: ServerCommands): Command => {
  const program = new Command('bureau')
    .description('A bureau de change for workload identity.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: context.write, writeErr: (text) => context.say(text.replace(/\n$/, '')) })
    .showHelpAfterError('(bureau --help says what there is)');
  program
    .command('serve')
    .description('start the server: settings come from defaults, a file, then BUREAU_* variables')
    .option('--config <file>', 'settings; config/bureau.yaml when there is one')
    .action(({ config }: { readonly config?: string }) => serve(config ?? null));
  for (const add of commands) add(program, context);
  return program;
};
