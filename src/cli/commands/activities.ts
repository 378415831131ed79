import { type Command, Option } from 'commander';
import {
  addAdminCommand,
  addResourceCommands,
  addSignInOptions,
  givenFilters,
} from '../admin/add-commands.ts';
import type { AdminOptions, ListFilter, OptionValues } from '../admin/admin-options.ts';
import { resources } from '../admin/resources.ts';
import type { CommandContext } from '../command-context.ts';
import type { VerifyOptions } from '../trail/verify-trail.ts';

/** `bureau activities …`: the audit trail, and the receipt of a refusal (contract §6). */
export const addActivitiesCommands = (program: Command, context: CommandContext): void => {
  const group = program
    .command('activities')
    .description('who got a token, who did not and why, who changed what');
  addResourceCommands(group, context, resources.activities, filters());
  addSignInOptions(
    addAdminCommand(
      group,
      'show <receipt>',
      'say why a request was refused, and what to do',
      async (said, options) =>
        (await import('../admin/activity-story.ts')).showActivity(context, said, options),
    ),
  );

  const exported = addAdminCommand<AdminOptions & OptionValues>(
    group,
    'export',
    'write activities to stdout, the oldest first, one a line, with a signed last line',
    async (_said, options) =>
      (await import('../trail/export-trail.ts')).exportTrail(
        context,
        options,
        givenFilters(filters(), options),
      ),
  );
  for (const { option } of filters()) exported.addOption(option);
  addSignInOptions(exported);

  addSignInOptions(
    addAdminCommand<VerifyOptions>(
      group,
      'verify',
      'prove that no activity was changed, moved or cut; the exit code is 1 when one was',
      async (_said, options) => (await import('../trail/verify-trail.ts')).verifyTrail(context, options),
    )
      .option('--file <file>', 'an export, without a server')
      .addOption(
        new Option('--jwks <file or url>', 'keys the export has to be signed with one of (needs --file)'),
      )
      .option('--heads <file>', 'heads kept from an earlier check or from the log, to be found in the trail'),
  );
};

/** What a list and an export of activities are narrowed by; made anew for each command, which owns its options. */
const filters = (): readonly ListFilter[] => [
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
  {
    parameter: 'actor',
    kind: 'account',
    option: new Option('--actor <account>', 'done by this account'),
  },
  { parameter: 'door', option: new Option('--door <door>', 'such as token-exchange') },
  {
    parameter: 'audience',
    option: new Option('--audience <audience>', 'of the token that was issued or presented'),
  },
  {
    parameter: 'tokenHash',
    option: new Option('--token-hash <hash>', 'SHA-256 of the token that was presented'),
  },
  { parameter: 'sourceAddress', option: new Option('--address <address>', 'where it came from') },
  { parameter: 'q', option: new Option('-q, --query <text>', 'text anywhere in the activity') },
  { parameter: 'jti', option: new Option('--jti <jti>', 'jti of the token that was issued') },
  { parameter: 'receipt', option: new Option('--receipt <receipt>', 'what a refused caller was given') },
];
