import type { AdminOptions, GivenFilter } from '../admin/admin-options.ts';
import { openAdminSession } from '../admin/admin-session.ts';
import { readFilters } from '../admin/resource-commands.ts';
import type { CommandContext } from '../command-context.ts';
import { unreachable } from '../command-failed.ts';
import { splitLines } from './split-lines.ts';

const decoder = new TextDecoder();

/** `bureau activities export`: as it comes; an export that broke off has no signed last line and is no success. */
export const exportTrail = async (
  context: CommandContext,
  options: AdminOptions,
  filters: readonly GivenFilter[],
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const query = await readFilters(context, session, filters);
  let last = '';
  for await (const line of splitLines(session.stream('exportActivities', { query }))) {
    last = decoder.decode(line);
    context.write(last);
    // Not faster than it is taken.
    await context.written();
  }
  if (!/^\{"type":"export",.*\}\n$/.test(last))
    throw unreachable('the export broke off before its last line: run it again');
};
