import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';

/** `bureau token`: the token of the platform in, an access token out (contract §6). */
export const addTokenCommand = (program: Command, context: CommandContext): void => {
  program
    .command('token')
    .description('print an access token for this workload')
    .action(() => context.say('not yet'));
};
