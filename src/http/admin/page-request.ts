import type { PageRequest } from '../../ports/page.ts';

/** The part of a list's query that says which page. */
export const cursorOf = (query: {
  readonly limit: number;
  readonly cursor?: string | undefined;
}): PageRequest => ({
  limit: query.limit,
  cursor: query.cursor ?? null,
});
