import type { AdminOperationName } from '../../admin-api/operations.ts';
import { refused } from '../command-failed.ts';
import type { AdminSession, UnjudgedCall } from './admin-session.ts';
import type { Page } from './print.ts';
import { notUnderstood } from './understood.ts';

/** As many as the API gives at once. */
const largestPage = '200';

/** More than any tenant has of anything: a list that goes on beyond them has no end. */
const mostPages = 10_000;

/**
 * One page of a list.
 *
 * @throws CommandFailed with the words of a refusal
 */
export const listPage = async <Item>(
  session: AdminSession,
  operation: AdminOperationName,
  call: UnjudgedCall,
): Promise<Page<Item>> => {
  const { body } = await session.call<Page<Item>>(operation, call);
  if (!Array.isArray(body.items)) throw refused('what answered is not this API: its list has no items');
  const items: readonly unknown[] = body.items;
  if (!items.every(isObject) || !isCursor(body.nextCursor)) throw notUnderstood();
  return body;
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isCursor = (value: unknown): boolean => (value ?? null) === null || typeof value === 'string';

/**
 * Every page of a list as one, in the same shape.
 *
 * @throws CommandFailed with the words of a refusal
 */
export const listAll = async <Item>(
  session: AdminSession,
  operation: AdminOperationName,
  call: UnjudgedCall,
): Promise<Page<Item>> => {
  const items: Item[] = [];
  const seen = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await listPage<Item>(session, operation, {
      ...call,
      query: {
        ...call.query,
        limit: call.query?.['limit'] ?? largestPage,
        ...(cursor === null ? {} : { cursor }),
      },
    });
    for (const item of page.items) items.push(item);
    cursor = page.nextCursor ?? null;
    if (cursor !== null && seen.has(cursor)) throw refused('the list of the server goes in a circle');
    if (seen.size === mostPages)
      throw refused(`the list of the server has no end: ${mostPages} pages so far`);
    if (cursor !== null) seen.add(cursor);
  } while (cursor !== null);
  return { items, nextCursor: null };
};
