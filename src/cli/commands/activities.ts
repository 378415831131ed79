import { type Command, Option } from 'commander';
import { addAdminCommand, addResourceCommands, addSignInOptions } from '../admin/add-commands.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';

/** `bureau activities …`: the audit trail, and the receipt of a refusal (contract §6). */
export const addActivitiesCommands = (program: Command, context: CommandContext): void => {
  const group = program
    .command('activities')
    .description('who got a token, who did not and why, who changed what');
  addResourceCommands(group, context, resources.activities, [
    {
      parameter: 'from',
      kind: 'past',
      option: new Option('--from <when>', 'since a time, or a span such as 2h'),
    },
    {
      parameter: 'to',
      kind: 'past',
      option: new Option('--to <when>', 'until a time, or a span such as 2h'),
    },
    { parameter: 'type', option: new Option('--type <type>', 'such as token or service-account.create') },
    {
      parameter: 'outcome',
      option: new Option('--outcome <outcome>').choices(['issued', 'refused', 'changed']),
    },
    { parameter: 'reason', option: new Option('--reason <reason>', 'such as audience_mismatch') },
    {
      parameter: 'account',
      kind: 'account',
      option: new Option('--account <account>', 'about this account'),
    },
    { parameter: 'issuer', option: new Option('--issuer <url>', 'iss of the token that was presented') },
    { parameter: 'subject', option: new Option('--subject <sub>', 'sub of the token that was presented') },
    { parameter: 'jti', option: new Option('--jti <jti>', 'jti of the token that was issued') },
    { parameter: 'receipt', option: new Option('--receipt <receipt>', 'what a refused caller was given') },
  ]);
  addSignInOptions(
    addAdminCommand(
      group,
      'show <receipt>',
      'say why a request was refused, and what to do',
      async (said, options) =>
        (await import('../admin/activity-story.ts')).showActivity(context, said, options),
    ),
  );
};
