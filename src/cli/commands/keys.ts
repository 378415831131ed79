import { type Command, Option } from 'commander';
import { accountKeyAlgorithms } from '../../core/accounts/account-key-algorithm.ts';
import { allSignatureAlgorithms } from '../../core/jwt/algorithms.ts';
import { addAdminCommand, addResourceCommands, addSignInOptions } from '../admin/add-commands.ts';
import type { KeyAddOptions, KeyGenerateOptions } from '../admin/key-changes.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';
import type { RewrapKeys, RewrapOptions } from '../rewrap-keys.ts';

const expires = [
  '--expires <when>',
  'from then on it is not accepted: a time, or a span such as 90d',
] as const;

/** `bureau keys …`: the keys of a service account that signs its own assertions (contract §6). */
export const addKeysCommands = (
  program: Command,
  context: CommandContext,
  { rewrapKeys }: { readonly rewrapKeys: RewrapKeys },
): void => {
  const group = program.command('keys').description('the keys of a service account, for private_key_jwt');
  addResourceCommands(group, context, resources.keys);

  addSignInOptions(
    addAdminCommand<KeyGenerateOptions>(
      group,
      'generate <account>',
      'make a key pair; its private half is handed out once',
      async (said, options) => (await import('../admin/key-changes.ts')).generateKey(context, said, options),
    )
      .addOption(
        new Option('--algorithm <algorithm>', 'what assertions are signed with')
          .choices(accountKeyAlgorithms)
          .default('ES256'),
      )
      .option('--out <file>', 'where the credentials file goes (mode 0600, a new file), - for stdout')
      .option(...expires),
  );

  addSignInOptions(
    addAdminCommand<KeyAddOptions>(
      group,
      'add <account>',
      'add the public half of a key made elsewhere',
      async (said, options) => (await import('../admin/key-changes.ts')).uploadKey(context, said, options),
    )
      .requiredOption('-f, --file <file>', 'PEM, certificate or JWK, - for stdin')
      .addOption(
        new Option('--algorithm <algorithm>', 'the one algorithm assertions are signed with').choices(
          allSignatureAlgorithms,
        ),
      )
      .option('--kid <kid>', 'what assertions name it by; else that of the JWK, else its thumbprint')
      .option(...expires),
  );

  group
    .command('rewrap')
    .description(
      "encrypt the server's own signing keys under a new key-encryption key; stop every server first",
    )
    .requiredOption('--from-key-file <file>', 'the key-encryption key they are encrypted under')
    .option('--to-key-file <file>', 'the new one; else the one the server would be started with')
    .option('--config <file>', 'settings of the server, as for serve')
    .option('--json', 'print what happened as JSON')
    .action(async (options: RewrapOptions) =>
      (await import('../rewrap-keys.ts')).runRewrap(context, rewrapKeys, options),
    );
};
