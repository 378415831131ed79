import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import type { RewrapKeys } from './rewrap-keys.ts';

/** What the process brings: its version, and what needs the server or its store, which the command line does not know. */
export interface ServerCommands {
  readonly version: string;
  readonly serve: (file: string | null) => Promise<void>;
  readonly rewrapKeys: RewrapKeys;
}

type AddCommand = (
  program: Command,
  context: CommandContext,
  server: Pick<ServerCommands, 'rewrapKeys'>,
) => void;

/** Every command but the server, in the order of the help. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  token: async () => (await import('./commands/token.ts')).addTokenCommand,
  accounts: async () => (await import('./commands/accounts.ts')).addAccountsCommands,
  keys: async () => (await import('./commands/keys.ts')).addKeysCommands,
  issuers: async () => (await import('./commands/issuers.ts')).addIssuersCommands,
  providers: async () => (await import('./commands/providers.ts')).addProvidersCommands,
  blocks: async () => (await import('./commands/blocks.ts')).addBlocksCommands,
  inbox: async () => (await import('./commands/inbox.ts')).addInboxCommands,
  activities: async () => (await import('./commands/activities.ts')).addActivitiesCommands,
  explain: async () => (await import('./commands/explain.ts')).addExplainCommand,
  completion: async () => (await import('./commands/completion.ts')).addCompletionCommand,
};

/**
 * The command line. A command says here what it takes; what it does is loaded only when it is run.
 *
 * @param wanted the first word that was typed. Where it names a command, the others are not even read: a pipeline calls
 *   `token` often. `completion` needs all of them, and so does a word that names none
 */
export const buildProgram = async (
  context: CommandContext,
  { version, serve, rewrapKeys }: ServerCommands,
  wanted = '',
): Promise<Command> => {
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
  const isAlone = wanted === 'serve' || (wanted !== 'completion' && Object.hasOwn(commands, wanted));
  for (const [name, load] of Object.entries(commands))
    if (!isAlone || name === wanted) (await load())(program, context, { rewrapKeys });
  return program;
};
