import { InvalidCursor, type Page } from '../../ports/page.ts';

/** The lists a cursor can belong to; a cursor of one list is garbage to another. */
export type ListName =
  | 'tenants'
  | 'trusted-issuers'
  | 'service-accounts'
  | 'teams'
  | 'use-cases'
  | 'credential-providers'
  | 'blocks'
  | 'activities';

const form = /^[a-z-]+:(0|-?[1-9][0-9]{0,15})$/;

/** The cursor of a page of `list` that begins behind the row of this sequence number. */
export const writeCursor = (list: ListName, seq: number): string =>
  Buffer.from(`${list}:${seq}`).toString('base64url');

/**
 * The sequence number in `cursor`, or `start` for the first page.
 *
 * @throws InvalidCursor for anything {@link toPage} did not write for this list
 */
export const readCursor = (list: ListName, cursor: string | null, start: number): number => {
  if (cursor === null) {
    return start;
  }
  const seq = Number(form.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.[1]);
  // Written anew it must be the same: that settles the list, and every other spelling of the same bytes.
  // Below zero are lines of the trail that something else wrote.
  const isPlace = Number.isSafeInteger(seq) && (seq >= 0 || list === 'activities');
  if (!isPlace || writeCursor(list, seq) !== cursor) {
    throw new InvalidCursor('the cursor was not made by this list');
  }
  return seq;
};

/** One page out of `rows`, which were read with one row more than `limit` to see whether another page follows. */
export const toPage = <Row extends { readonly seq: number }, T>(
  list: ListName,
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => T,
): Page<T> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? writeCursor(list, last.seq) : null,
  };
};
