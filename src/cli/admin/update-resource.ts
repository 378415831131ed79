import { isDeepStrictEqual } from 'node:util';
import type { AdminOperationName } from '../../admin-api/operations.ts';
import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import type { ForceOptions } from './admin-options.ts';
import { openAdminSession } from './admin-session.ts';
import { findResource } from './find-resource.ts';
import { changeOf, printResource } from './resource-commands.ts';
import type { Resource } from './resources.ts';

/** What a change says: in a file, and on the command line, which wins. */
export interface Change<Item> {
  /** Members of a file; those that are as they were are left out, so that what a get gave can be edited and sent back. */
  readonly fromFile: Readonly<Record<string, unknown>> | null;
  readonly fromFlags: Readonly<Record<string, unknown>>;
  /** Members that hang on what is there, or on what the file says in its place. */
  readonly added?: (item: Item) => Readonly<Record<string, unknown>>;
}

/** `bureau … update`: reads it, changes what was said, and only if nobody else came in between. */
export const updateResource = async <Item extends object>(
  context: CommandContext,
  resource: Resource<Item> & { readonly patch: AdminOperationName },
  said: readonly string[],
  { fromFile, fromFlags, added }: Change<Item>,
  options: ForceOptions,
): Promise<void> => {
  if (fromFile === null && Object.keys(fromFlags).length === 0 && added === undefined)
    throw misused('nothing to change was said: give an option, or -f FILE');
  const session = await openAdminSession(context, options);
  const found = await findResource(session, resource, said);
  const current = new Map<string, unknown>(Object.entries(found.item));
  const body = {
    ...Object.fromEntries(
      Object.entries(fromFile ?? {}).filter(
        ([member, value]) => !isDeepStrictEqual(value, current.get(member)),
      ),
    ),
    ...added?.({ ...found.item, ...fromFile }),
    ...fromFlags,
  };
  if (Object.keys(body).length === 0) {
    context.say('bureau: it is like that already');
    return printResource(context, resource, found.item, options);
  }
  const reply = await session.call<Item>(resource.patch, { ...changeOf(found, options), body });
  printResource(context, resource, reply.body, options);
};
