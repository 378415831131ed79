import { InvalidCursor, type PageRequest } from '../../ports/page.ts';

/** The part of a list's query that says which page. */
export const cursorOf = (query: {
  readonly limit: number;
  readonly cursor?: string | undefined;
}): PageRequest => ({
  limit: query.limit,
  cursor: query.cursor ?? null,
});

/** The page that was asked for, of a list that is short by its nature. */
export const pageOfAll = <T extends { readonly id: string }>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): { items: T[]; nextCursor: string | null } => {
  const last = cursor === undefined ? -1 : all.findIndex(({ id }) => id === cursor);
  if (cursor !== undefined && last === -1) throw new InvalidCursor();
  const items = all.slice(last + 1, last + 1 + limit);
  const more = last + 1 + limit < all.length;
  return { items, nextCursor: more ? (items.at(-1)?.id ?? null) : null };
};
