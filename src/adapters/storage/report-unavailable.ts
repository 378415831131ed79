import { InvalidCursor } from '../../ports/page.ts';
import { StoreUnavailable } from '../../ports/storage.ts';
import { UniqueViolation } from '../../ports/stores.ts';

/** What a caller is meant to tell apart. */
const answers = [InvalidCursor, UniqueViolation, StoreUnavailable];

/** What our own code throws when it is wrong, or when a row is not what we wrote. */
const ownFaults = [TypeError, SyntaxError, RangeError, ReferenceError];

/** TOOBIG, CONSTRAINT, MISMATCH: primary result codes, https://www.sqlite.org/rescode.html. */
const sqliteDataFaults: readonly number[] = [18, 19, 20];

/** Data exception, integrity constraint violation: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const postgresDataFault = /^2[23][0-9A-Z]{3}$/;

/** Whether the database answered, and the answer is that it cannot keep what it was given. */
const isDataFault = (error: object): boolean =>
  ('resultCode' in error &&
    typeof error.resultCode === 'number' &&
    sqliteDataFaults.includes(error.resultCode & 0xff)) ||
  ('code' in error && typeof error.code === 'string' && postgresDataFault.test(error.code));

/**
 * A failure of the database as {@link StoreUnavailable}, so that whoever asked answers 503 and never yes or no (A67).
 * What trying again cannot mend stays as it is: a fault of the data or of ours, for 500 and the log.
 */
export const toStoreUnavailable = (error: unknown): unknown => {
  const staysAsItIs =
    error instanceof Error &&
    ([...answers, ...ownFaults].some((kind) => error instanceof kind) || isDataFault(error));
  return staysAsItIs ? error : new StoreUnavailable('the store did not answer', { cause: error });
};

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
