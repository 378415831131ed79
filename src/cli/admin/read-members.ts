import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import type { OptionValues } from './admin-options.ts';
import { type MemberFlag, readMemberFlags } from './member-flags.ts';
import { readBody, readInput } from './read-input.ts';

/** Members of a body; which are good is for the server to say. */
export type Members = Readonly<Record<string, unknown>>;

/** The members that options say; what they name is read. */
export const readFlags = (
  context: CommandContext,
  options: OptionValues,
  flags: readonly MemberFlag[],
): Promise<Members> =>
  readMemberFlags(options, flags, {
    readText: (path) => readInput(context, path),
    readJson: (path) => readBody(context, path),
  });

/** The members with the argument that stands for one of them. */
export const withName = (members: Members, member: string, argument: string | undefined): Members => {
  if (argument === undefined) return members;
  if (members[member] !== undefined && members[member] !== argument)
    throw misused(`the ${member} is given twice, as an argument and as --${member}`);
  return { ...members, [member]: argument };
};
