import { type Command, Option } from 'commander';
import type { AdminOperationName } from '../../admin-api/operations.ts';
import type { CommandContext } from '../command-context.ts';
import type {
  AdminOptions,
  ForceOptions,
  GivenFilter,
  ListFilter,
  ListOptions,
  OptionValues,
} from './admin-options.ts';
import { parseWhole } from './member-flags.ts';
import type { Resource } from './resources.ts';

/** What a command is called with: its arguments, and its options by their names. */
export type Run<Options> = (said: readonly string[], options: Options) => Promise<void>;

/**
 * A command that signs in, with the options all of those share.
 *
 * @param usage name and arguments as commander has them
 * @param run loads what it needs; nothing is loaded for the help
 */
export const addAdminCommand = <Options extends AdminOptions>(
  group: Command,
  usage: string,
  description: string,
  run: Run<Options>,
): Command => {
  const command = group.command(usage).description(description);
  return command.action(() => run(command.args, command.opts<Options & OptionValues>()));
};

/** Adds what every command of administration takes; called last, so that the help shows it last. */
export const addSignInOptions = (command: Command): Command =>
  command
    .optionsGroup('Output and sign-in:')
    .option('--json', 'exactly what the API answers')
    .option(
      '-p, --credentials <file>',
      'credentials file (BUREAU_CREDENTIALS, default <data dir>/admin.json)',
    )
    .option('--config <file>', 'settings of the server, for its data folder (default config/bureau.yaml)')
    .option('-s, --server <url>', 'issuer identifier, where the credentials file is wrong (BUREAU_SERVER)')
    .option('-t, --tenant <name>', 'tenant, where the credentials file names none (BUREAU_TENANT)')
    .addOption(
      new Option('--max-wait <seconds>', 'for a server that is busy (default 60)').argParser(parseWhole),
    )
    .option('--allow-http', 'send tokens over plain http to other machines');

const argumentsOf = (labels: readonly string[]): string => labels.map((label) => ` <${label}>`).join('');

/** Adds `list` and `get`, and where the resource can be changed `enable`, `disable` and `delete`. */
export const addResourceCommands = <Item>(
  group: Command,
  context: CommandContext,
  resource: Resource<Item>,
  filters: readonly ListFilter[] = [],
): void => {
  const { noun, labels, patch, remove } = resource;
  addList(group, context, resource, filters);
  addSignInOptions(
    addAdminCommand(group, `get${argumentsOf(labels)}`, `show one ${noun}`, async (said, options) =>
      (await import('./resource-commands.ts')).getResource(context, resource, said, options),
    ),
  );
  if (patch !== undefined) addStatusCommands(group, context, { ...resource, patch });
  if (remove !== undefined) addDelete(group, context, { ...resource, remove });
};

/** The filters that were given, of those a command knows. */
export const givenFilters = (filters: readonly ListFilter[], options: OptionValues): readonly GivenFilter[] =>
  filters.flatMap(({ parameter, kind = 'text', option }) => {
    const value = options[option.attributeName()];
    return typeof value !== 'string' ? [] : [{ parameter, kind, value, flag: option.long ?? option.flags }];
  });

const addList = <Item>(
  group: Command,
  context: CommandContext,
  resource: Resource<Item>,
  filters: readonly ListFilter[],
): void => {
  const command = addAdminCommand<ListOptions & OptionValues>(
    group,
    `list${argumentsOf(resource.within?.labels ?? [])}`,
    `list ${resource.nouns}`,
    async (said, options) => {
      const given = givenFilters(filters, options);
      const { listResources } = await import('./resource-commands.ts');
      return listResources(context, resource, said, options, given);
    },
  );
  for (const { option } of filters) command.addOption(option);
  command
    .option('--limit <count>', 'how many at most, 1 to 200; 50')
    .option('--cursor <cursor>', 'where the page before this one ended')
    .addOption(new Option('--all', 'every page, as one').conflicts('cursor'));
  addSignInOptions(command);
};

const addStatusCommands = <Item>(
  group: Command,
  context: CommandContext,
  resource: Resource<Item> & { readonly patch: AdminOperationName },
): void => {
  const statusOf = { enable: 'enabled', disable: 'disabled' } as const;
  for (const verb of ['enable', 'disable'] as const) {
    const command = addAdminCommand<ForceOptions>(
      group,
      `${verb}${argumentsOf(resource.labels)}`,
      `${verb} one ${resource.noun}`,
      async (said, options) =>
        (await import('./resource-commands.ts')).setStatus(context, resource, said, options, statusOf[verb]),
    );
    if (verb === 'disable') addForce(command, resource);
    addSignInOptions(command);
  }
};

const addDelete = <Item>(
  group: Command,
  context: CommandContext,
  resource: Resource<Item> & { readonly remove: AdminOperationName },
): void => {
  const command = addAdminCommand<ForceOptions>(
    group,
    `delete${argumentsOf(resource.labels)}`,
    `delete one ${resource.noun} for good`,
    async (said, options) =>
      (await import('./resource-commands.ts')).deleteResource(context, resource, said, options),
  );
  addSignInOptions(addForce(command, resource));
};

/** `--force`, where a change may take away an administrator. */
export const addForce = (command: Command, { forcible }: Pick<Resource<unknown>, 'forcible'>): Command =>
  forcible ? command.option('--force', 'also when no other administrator could sign in right now') : command;
