import { type Command, Option } from 'commander';
import { blockKinds } from '../../core/blocks/block.ts';
import { addAdminCommand, addForce, addResourceCommands, addSignInOptions } from '../admin/add-commands.ts';
import type { BlockAddOptions, BlockRemoveOptions } from '../admin/block-changes.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';

/** `bureau blocks …`: kill switches. */
export const addBlocksCommands = (program: Command, context: CommandContext): void => {
  const group = program
    .command('blocks')
    .description('kill switches: what is refused at once, whatever else');
  addResourceCommands(group, context, resources.blocks, [
    { parameter: 'kind', option: new Option('--kind <kind>').choices(blockKinds) },
    { parameter: 'q', option: new Option('--search <text>', 'part of the target or the reason') },
  ]);

  const add = addAdminCommand<BlockAddOptions>(
    group,
    'add',
    'block one thing at once',
    async (said, options) => (await import('../admin/block-changes.ts')).addBlock(context, said, options),
  )
    .option('--account <account>', 'a service account, by id or name')
    .option('--federation <id>', 'one federation of a service account')
    .option('--trusted-issuer <issuer>', 'a trusted issuer, by id or issuer identifier')
    .option('--issuer <url>', 'of --subject or --key-id: the issuer as it is registered')
    .option('--subject <sub>', 'a foreign subject, exactly as in sub')
    .option('--key-id <kid>', 'a foreign key, by its kid or thumbprint')
    .requiredOption('--reason <text>', 'why, for who reads the trail later');
  addSignInOptions(addForce(add, { forcible: true }));

  addSignInOptions(
    addAdminCommand<BlockRemoveOptions>(
      group,
      'remove <block>',
      'remove a block; what it stopped is what it was before',
      async (said, options) =>
        (await import('../admin/block-changes.ts')).removeBlock(context, said, options),
    ).option('--reason <text>', 'why, for who reads the trail later'),
  );
};
