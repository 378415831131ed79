import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { addTokenCommand } from './commands/token.ts';

/** What the process brings: its version, and the server, which the command line does not know. */
export interface ServerCommands {
  readonly version: string;
  readonly serve: (file: string | null) => Promise<void>;
}

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
  addTokenCommand(program, context);
  return program;
};
