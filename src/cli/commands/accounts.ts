import { type Command, Option } from 'commander';
import { accountKeyAlgorithms } from '../../core/accounts/account-key-algorithm.ts';
import { accountFlags, federationFlags, proposalFlags, statuses } from '../admin/account-flags.ts';
import { addAdminCommand, addForce, addResourceCommands, addSignInOptions } from '../admin/add-commands.ts';
import type { AccountCreateOptions, AccountUpdateOptions } from '../admin/account-changes.ts';
import { addMemberFlags } from '../admin/member-flags.ts';
import type { ProposeOptions } from '../admin/propose.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';

/** `bureau accounts …`: service accounts (contract §6). */
export const addAccountsCommands = (program: Command, context: CommandContext): void => {
  const group = program.command('accounts').description('service accounts: who may get tokens');
  addResourceCommands(group, context, resources.accounts, [
    { parameter: 'team', option: new Option('--team <name>', 'owned by this team') },
    { parameter: 'useCase', option: new Option('--use-case <name>', 'of this use case') },
    { parameter: 'status', option: new Option('--status <status>').choices(statuses) },
    { parameter: 'q', option: new Option('--search <text>', 'with this in its name or description') },
  ]);

  const create = addAdminCommand<AccountCreateOptions>(
    group,
    'create [name]',
    'create a service account, with a federation or a key of its own',
    async (said, options) =>
      (await import('../admin/account-changes.ts')).createAccount(context, said, options),
  ).option('-f, --file <file>', 'the account as JSON or YAML, - for stdin; options win over it');
  addMemberFlags(create, accountFlags, false);
  create.optionsGroup('A federation, for tokens of its own platform:');
  addFederationFlags(create);
  create
    .optionsGroup('Or a key of its own:')
    .addOption(
      new Option('--generate-key <algorithm>', 'make a key pair; its private half is handed out once')
        .choices(accountKeyAlgorithms)
        .conflicts('publicKey'),
    )
    .option('--out <file>', 'where the credentials file goes (mode 0600, a new file), - for stdout')
    .option('--public-key <file>', 'PEM, certificate or JWK of a key made elsewhere, - for stdin')
    .option('--key-expires <when>', 'from then on the key is not accepted: a time, or a span such as 90d');
  addSignInOptions(create);

  const propose = addAdminCommand<ProposeOptions>(
    group,
    'propose',
    'print a registration for a token, ready for bureau accounts create --file -',
    async (_said, options) => (await import('../admin/propose.ts')).proposeAccount(context, options),
  )
    .option('--token <file>', 'a token of the workload, - for stdin; it is neither kept nor used up')
    .option('--claims <file>', 'in its place the claims such a token has, as JSON or YAML, - for stdin');
  addMemberFlags(propose, proposalFlags, false);
  addSignInOptions(propose);

  const update = addAdminCommand<AccountUpdateOptions>(
    group,
    'update <account>',
    'change a service account; what is not said stays',
    async (said, options) =>
      (await import('../admin/account-changes.ts')).updateAccount(context, said, options),
  ).option('-f, --file <file>', 'members to change as JSON or YAML, - for stdin; options win over it');
  addMemberFlags(update, accountFlags, true);
  addForce(update, resources.accounts);
  update.optionsGroup('One more federation:');
  addFederationFlags(update);
  addSignInOptions(update);
};

const addFederationFlags = (command: Command): void => {
  addMemberFlags(command, federationFlags, false);
  for (const option of command.options) if (option.long === '--subject') option.conflicts('subjectPattern');
};
