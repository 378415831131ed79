import { InvalidCursor } from '../../ports/page.ts';
import { StoreUnavailable } from '../../ports/storage.ts';
import { UniqueViolation } from '../../ports/stores.ts';

/** What a caller is meant to tell apart; everything else the database says means that it cannot be asked right now. */
const answers = [InvalidCursor, UniqueViolation, StoreUnavailable, RangeError];

/** A failure of the database as {@link StoreUnavailable}, so that whoever asked answers 503 and never yes or no (A67). */
export const toStoreUnavailable = (error: unknown): unknown =>
  answers.some((answer) => error instanceof answer)
    ? error
    : new StoreUnavailable('the store did not answer', { cause: error });

type Method = (...parameters: never[]) => Promise<unknown>;

/** The same store, whose methods reject with {@link StoreUnavailable} where the database failed. */
export const reportUnavailable = <T extends object>(store: T): T =>
  Object.fromEntries(
    Object.entries(store as Record<string, Method>).map(([name, method]) => [
      name,
      async (...parameters: never[]) => {
        try {
          return await method(...parameters);
        } catch (error) {
          throw toStoreUnavailable(error);
        }
      },
    ]),
  ) as T;
