import type { AdminOperationName } from '../../admin-api/operations.ts';
import type { CommandContext } from '../command-context.ts';
import type { AdminOptions, FilterKind, ForceOptions, GivenFilter, ListOptions } from './admin-options.ts';
import { type AdminSession, openAdminSession } from './admin-session.ts';
import { type Found, findParent, findResource } from './find-resource.ts';
import { listAll, listPage } from './list-all.ts';
import { momentOf } from './moment.ts';
import { printJson, printRecord, printTable } from './print.ts';
import { type Resource, resources } from './resources.ts';
import { visible } from './visible-text.ts';

/** `bureau … list`. */
export const listResources = async <Item>(
  context: CommandContext,
  resource: Resource<Item>,
  said: readonly string[],
  options: ListOptions,
  filters: readonly GivenFilter[],
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const params = resource.within === undefined ? {} : await findParent(session, resource.within, said);
  const { limit, cursor, all } = options;
  const query = { limit, cursor, ...(await readFilters(context, session, filters)) };
  const call = { params, query };
  const page = await (all === true ? listAll : listPage)<Item>(session, resource.list, call);
  if (options.json === true) printJson(context, page);
  else printTable(context, page, resource.columns);
};

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The query of filters that were given. */
export const readFilters = async (
  context: CommandContext,
  session: AdminSession,
  filters: readonly GivenFilter[],
): Promise<Readonly<Record<string, string>>> => {
  const query: Record<string, string> = {};
  for (const { parameter, kind, value, flag } of filters)
    query[parameter] = await readFilter(context, session, kind, value, flag);
  return query;
};

const readFilter = async (
  context: CommandContext,
  session: AdminSession,
  kind: FilterKind,
  value: string,
  flag: string,
): Promise<string> => {
  switch (kind) {
    case 'text':
      return value;
    case 'past':
      return momentOf(value, { now: context.now(), toward: 'past', flag });
    case 'account':
      // An id is taken as it is: the account may be gone, and an auditor may not look at accounts.
      if (uuid.test(value)) return value;
      return resources.accounts.idOf((await findResource(session, resources.accounts, [value])).item);
  }
};

/** `bureau … get`. */
export const getResource = async <Item>(
  context: CommandContext,
  resource: Resource<Item>,
  said: readonly string[],
  options: AdminOptions,
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const { item } = await findResource(session, resource, said);
  printResource(context, resource, item, options);
};

/** `bureau … enable` and `disable`. */
export const setStatus = async <Item>(
  context: CommandContext,
  resource: Resource<Item> & { readonly patch: AdminOperationName },
  said: readonly string[],
  options: ForceOptions,
  status: 'enabled' | 'disabled',
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const found = await findResource(session, resource, said);
  const { body } = await session.call<Item>(resource.patch, {
    ...changeOf(found, options),
    body: { status },
  });
  printResource(context, resource, body, options);
};

/** `bureau … delete`. */
export const deleteResource = async <Item>(
  context: CommandContext,
  resource: Resource<Item> & { readonly remove: AdminOperationName },
  said: readonly string[],
  options: ForceOptions,
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const found = await findResource(session, resource, said);
  await session.call(resource.remove, changeOf(found, options));
  context.say(`bureau: deleted ${resource.noun} ${visible(resource.idOf(found.item))}`);
};

/** What a change of the version that was read is called with: nobody else's change is lost. */
export const changeOf = (
  { params, etag }: Pick<Found<unknown>, 'params' | 'etag'>,
  { force }: ForceOptions,
): {
  readonly params: Found<unknown>['params'];
  readonly query: Readonly<Record<string, string>>;
  readonly ifMatch?: string;
} => ({
  params,
  query: force === true ? { force: 'true' } : {},
  ...(etag === null ? {} : { ifMatch: etag }),
});

/** The resource as it is now, for a program or for people. */
export const printResource = <Item>(
  context: CommandContext,
  resource: Resource<Item>,
  item: Item,
  { json }: AdminOptions,
): void => (json === true ? printJson(context, item) : printRecord(context, () => resource.record(item)));
