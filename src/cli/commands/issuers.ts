import type { Command } from 'commander';
import { addAdminCommand, addResourceCommands, addSignInOptions } from '../admin/add-commands.ts';
import type { IssuerOptions } from '../admin/issuer-changes.ts';
import { issuerFlags, issuerIdentityFlag } from '../admin/issuer-flags.ts';
import { addMemberFlags } from '../admin/member-flags.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';

/** `bureau issuers …`: the token services that are trusted (contract §6). */
export const addIssuersCommands = (program: Command, context: CommandContext): void => {
  const group = program.command('issuers').description('trusted issuers: whose tokens are taken');
  addResourceCommands(group, context, resources.issuers);

  const create = addAdminCommand<IssuerOptions>(
    group,
    'create [issuer]',
    'register an issuer by its identifier',
    async (said, options) =>
      (await import('../admin/issuer-changes.ts')).createIssuer(context, said, options),
  ).option('-f, --file <file>', 'the issuer as JSON or YAML, - for stdin; options win over it');
  addMemberFlags(create, [issuerIdentityFlag, ...issuerFlags], false);
  addSignInOptions(create);

  const update = addAdminCommand<IssuerOptions>(
    group,
    'update <issuer>',
    'change an issuer; what is not said stays',
    async (said, options) =>
      (await import('../admin/issuer-changes.ts')).updateIssuer(context, said, options),
  ).option('-f, --file <file>', 'members to change as JSON or YAML, - for stdin; options win over it');
  addMemberFlags(update, issuerFlags, true);
  addSignInOptions(update);

  addSignInOptions(
    addAdminCommand(group, 'refresh <issuer>', 'fetch its keys now', async (said, options) =>
      (await import('../admin/issuer-changes.ts')).refreshIssuer(context, said, options),
    ),
  );
};
