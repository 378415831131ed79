import { type Command, Option } from 'commander';
import { proposalFlags } from '../admin/account-flags.ts';
import { addAdminCommand, addResourceCommands, addSignInOptions } from '../admin/add-commands.ts';
import { addMemberFlags } from '../admin/member-flags.ts';
import type { ProposeOptions } from '../admin/propose.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';

/** `bureau inbox …`: refused attempts that matched no account. */
export const addInboxCommands = (program: Command, context: CommandContext): void => {
  const group = program
    .command('inbox')
    .description('refused attempts that matched no account: what may want to be registered');
  addResourceCommands(group, context, resources.inbox, [
    { parameter: 'issuer', option: new Option('--issuer <url>', 'iss of the token that was presented') },
    { parameter: 'subject', option: new Option('--subject <sub>', 'sub of the token that was presented') },
    {
      parameter: 'verified',
      option: new Option('--verified <yes>', 'whether a key of a trusted issuer verified it').choices([
        'true',
        'false',
      ]),
    },
  ]);

  const propose = addAdminCommand<ProposeOptions>(
    group,
    'propose <entry>',
    'print a registration for it, ready for bureau accounts create --file -',
    async (said, options) => (await import('../admin/propose.ts')).proposeFromInbox(context, said, options),
  );
  addMemberFlags(propose, proposalFlags, false);
  addSignInOptions(propose);
};
