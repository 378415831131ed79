import { misused, refused } from '../command-failed.ts';
import { type AdminSession, type Answer, refusalOf } from './admin-session.ts';
import { listAll } from './list-all.ts';
import type { Resource } from './resources.ts';
import { visible } from './visible-text.ts';

/** A resource as it is right now, and how to call it again. */
export interface Found<Item> {
  readonly item: Item;
  readonly params: Readonly<Record<string, string>>;
  /** The version that was read, for `If-Match`; `null` where it has none. */
  readonly etag: string | null;
}

/**
 * Finds a resource by what a person said: its id or, where it has names, the name that exactly one has.
 *
 * @param said one word for each of {@link Resource.labels}
 * @throws CommandFailed refused where there is none, misused where several have the name
 */
export const findResource = async <Item>(
  session: AdminSession,
  resource: Resource<Item>,
  said: readonly string[],
): Promise<Found<Item>> => {
  const parent = resource.within === undefined ? {} : await findParent(session, resource.within, said);
  const word = said.at(-1) ?? '';
  const byId = await findById(session, resource, parent, word);
  if (byId !== null) return byId;
  const id = await findByName(session, resource, word);
  const found = id === null ? null : await findById(session, resource, parent, id);
  if (found === null)
    throw refused(`no ${resource.noun} has the id or name ${visible(JSON.stringify(word))}`);
  return found;
};

/** The parameters of the paths below the resource that `said` begins with. */
export const findParent = async <Parent>(
  session: AdminSession,
  parent: Resource<Parent>,
  said: readonly string[],
): Promise<Readonly<Record<string, string>>> => {
  const { item } = await findResource(session, parent, said.slice(0, parent.labels.length));
  return { [parent.parameter]: parent.idOf(item) };
};

const findById = async <Item>(
  session: AdminSession,
  resource: Resource<Item>,
  parent: Readonly<Record<string, string>>,
  id: string,
): Promise<Found<Item> | null> => {
  if (id.length > resource.longestId) return null;
  const params = { ...parent, [resource.parameter]: id };
  const reply = await session.attempt<Item>(resource.get, { params });
  if (reply.ok) return foundOf(resource, parent, reply.value);
  if (reply.error.status === 404) return null;
  throw refusalOf(reply.error);
};

const foundOf = <Item>(
  resource: Resource<Item>,
  parent: Readonly<Record<string, string>>,
  { body, etag }: Answer<Item>,
): Found<Item> => ({ item: body, etag, params: { ...parent, [resource.parameter]: resource.idOf(body) } });

const findByName = async <Item>(
  session: AdminSession,
  { names, list, noun, idOf }: Resource<Item>,
  name: string,
): Promise<string | null> => {
  if (names === null || name === '') return null;
  const { items } = await listAll<Item>(session, list, { query: names.query(name) });
  const ids = items.filter((item) => names.of(item) === name).map(idOf);
  if (ids.length > 1)
    throw misused(
      `${ids.length} have the name ${visible(JSON.stringify(name))}: say which ${noun} by its id`,
      ...ids.map((id) => `  ${visible(id)}`),
    );
  return ids[0] ?? null;
};
