import type { Kysely, Selectable } from 'kysely';
import type { Page, PageRequest } from '../../../ports/page.ts';
import { type ListName, readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { requireInserted } from '../unique.ts';

/** The tables whose rows belong to a tenant and have their name for a key. */
type NamedTable = 'teams' | 'use_cases';

interface Named {
  readonly tenant: string;
  readonly name: string;
  readonly version: number;
}

/** How items lie in their table, and where service accounts name them. */
export interface NamedStoreOptions<Item extends Named, Table extends NamedTable> {
  readonly table: Table;
  readonly list: ListName;
  /** What is not unique where a name is taken; see {@link UniqueViolation}. */
  readonly what: string;
  /** The column of a service account that holds the name. */
  readonly usedIn: 'owning_team' | 'use_case';
  readonly toItem: (row: Selectable<Database[Table]>) => Item;
  readonly toRow: (item: Item) => Omit<Selectable<Database[Table]>, 'seq'>;
}

/** What {@link createNamedStore} makes; by the rules of every store. */
export interface NamedStore<Item> {
  find(tenant: string, name: string): Promise<Item | null>;
  list(tenant: string, page: PageRequest): Promise<Page<Item>>;
  insert(item: Item): Promise<void>;
  update(item: Item): Promise<boolean>;
  remove(tenant: string, name: string, version: number): Promise<boolean>;
  /** Whether any service account names it. */
  inUse(tenant: string, name: string): Promise<boolean>;
}

/** A store of things that are known by their name within a tenant, on either engine. */
export const createNamedStore = <Item extends Named, Table extends NamedTable>(
  db: Kysely<Database>,
  { list, what, usedIn, toRow, ...options }: NamedStoreOptions<Item, Table>,
): NamedStore<Item> => {
  // kysely cannot type a statement over one of several tables; the columns named below are in each of them.
  const table = options.table as 'teams';
  const toItem = options.toItem as unknown as (row: Selectable<Database['teams']>) => Item;
  const toValues = toRow as unknown as (item: Item) => Omit<Selectable<Database['teams']>, 'seq'>;

  return {
    find: async (tenant, name) => {
      if (!mayBeStored(tenant, name)) {
        return null;
      }
      const row = await db
        .selectFrom(table)
        .selectAll()
        .where('tenant', '=', tenant)
        .where('name', '=', name)
        .executeTakeFirst();
      return row === undefined ? null : toItem(row);
    },
    list: async (tenant, { limit, cursor }) => {
      const rows = await db
        .selectFrom(table)
        .selectAll()
        .where('tenant', '=', tenant)
        .where('seq', '>', readCursor(list, cursor, 0))
        .orderBy('seq')
        .limit(limit + 1)
        .execute();
      return toPage(list, rows, limit, toItem);
    },
    insert: async (item) => {
      requireInserted(
        what,
        await db
          .insertInto(table)
          .values(toValues(item))
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    },
    update: async (item) => {
      const { numUpdatedRows } = await db
        .updateTable(table)
        .set(toValues(item))
        .where('tenant', '=', item.tenant)
        .where('name', '=', item.name)
        .where('version', '=', item.version - 1)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },
    remove: async (tenant, name, version) => {
      if (!mayBeStored(tenant, name)) {
        return false;
      }
      const { numDeletedRows } = await db
        .deleteFrom(table)
        .where('tenant', '=', tenant)
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 1n;
    },
    inUse: async (tenant, name) => {
      if (!mayBeStored(tenant, name)) {
        return false;
      }
      const account = await db
        .selectFrom('service_accounts')
        .select('id')
        .where('tenant', '=', tenant)
        .where(usedIn, '=', name)
        .limit(1)
        .executeTakeFirst();
      return account !== undefined;
    },
  };
};
