import type { Command } from 'commander';
import { addAdminCommand, addResourceCommands, addSignInOptions } from '../admin/add-commands.ts';
import { addMemberFlags } from '../admin/member-flags.ts';
import type { ProviderOptions, ProviderVerifyOptions } from '../admin/provider-changes.ts';
import { providerFlags } from '../admin/provider-flags.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';

/** `bureau providers …`: recipes for JWT-SVIDs (contract §6). */
export const addProvidersCommands = (program: Command, context: CommandContext): void => {
  const group = program.command('providers').description('credential providers: recipes for JWT-SVIDs');
  addResourceCommands(group, context, resources.providers);

  const create = addAdminCommand<ProviderOptions>(
    group,
    'create [name]',
    'make a credential provider; the first one chooses the trust domain of the tenant',
    async (said, options) =>
      (await import('../admin/provider-changes.ts')).createProvider(context, said, options),
  ).option('-f, --file <file>', 'the provider as JSON or YAML, - for stdin; options win over it');
  addMemberFlags(create, providerFlags, false);
  addSignInOptions(create);

  const update = addAdminCommand<ProviderOptions>(
    group,
    'update <provider>',
    'change a credential provider; what is not said stays',
    async (said, options) =>
      (await import('../admin/provider-changes.ts')).updateProvider(context, said, options),
  ).option('-f, --file <file>', 'members to change as JSON or YAML, - for stdin; options win over it');
  addMemberFlags(update, providerFlags, true);
  addSignInOptions(update);

  addSignInOptions(
    addAdminCommand<ProviderVerifyOptions>(
      group,
      'verify <provider>',
      'try it with a sample: what would be issued, point by point, and nothing is',
      async (said, options) =>
        (await import('../admin/provider-changes.ts')).verifyProvider(context, said, options),
    )
      .option(
        '--token-file <file>',
        'a token of the platform, verified as at the token endpoint, - for stdin',
      )
      .option('--claims <file>', 'in its place the claims it would have, as JSON or YAML, - for stdin')
      .option('--account <account>', 'in whose name; else whose token it is, or the first account'),
  );
};
