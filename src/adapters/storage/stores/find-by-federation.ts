import { type Kysely, sql } from 'kysely';
import type { ServiceAccount } from '../../../core/accounts/service-account.ts';
import type { FederationGroup } from '../../../core/trust/federation-group.ts';
import type { ServiceAccountStore } from '../../../ports/stores.ts';
import { groupKey, nearKey } from '../federation-place.ts';
import { prepareQuery } from '../prepared-query.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { accountColumns, type AccountRow, toServiceAccount } from './service-account-row.ts';

/** No stored text is as long. */
const maxIdLength = 4096;

/** The most accounts that are read by their ids in one statement. */
const maxIds = 500;

/** The most groups that one statement reads; fewer are filled up to a power of two, so that there are few statements. */
const maxGroups = 64;

type Found = Pick<
  ServiceAccountStore,
  'findByFederation' | 'findByIssuer' | 'findByGroups' | 'findNear' | 'outlineOf'
>;

/** Accounts by what is in their federations, on either engine; each question is answered from an index. */
export const findByFederation = (db: Kysely<Database>): Found => {
  const readGroups = new Map<number, ReturnType<typeof prepareGroups>>();
  const readNear = prepareNear(db);

  /** Nearly always none, so they are looked for before anything is joined. */
  const unplaced = async (tenant: string, issuer: string | null): Promise<readonly AccountRow[]> => {
    const holders = await db
      .selectFrom('federations')
      .select('account_id')
      .where('group_key', 'is', null)
      .where('tenant', '=', tenant)
      .$if(issuer !== null, (query) => query.where('issuer', '=', issuer ?? ''))
      .execute();
    // Told apart here: asked for distinct ones, SQLite walks through every federation in their order.
    const all = [...new Set(holders.map((holder) => holder.account_id))];
    const rows: AccountRow[] = [];
    for (let start = 0; start < all.length; start += maxIds) {
      const ids = all.slice(start, start + maxIds);
      rows.push(
        ...(await db
          .selectFrom('service_accounts')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('id', 'in', ids)
          .execute()),
      );
    }
    return rows.toSorted((one, other) => one.seq - other.seq);
  };

  const readChunk = async (groups: readonly FederationGroup[]) => {
    const size = 2 ** Math.ceil(Math.log2(groups.length));
    const read = readGroups.get(size) ?? prepareGroups(db, size);
    readGroups.set(size, read);
    const keys = groups.map(groupKey);
    const rows = await read(Array.from({ length: size }, (_, place) => keys[place] ?? keys[0] ?? ''));
    const byKey = Map.groupBy(rows, ({ group_key }) => group_key);
    return groups.map(({ tenant }, place) => {
      const found = new Map(
        byKey
          .get(keys[place] ?? '')
          ?.filter((row) => row.tenant === tenant)
          .map((row) => [row.seq, row]),
      );
      return [...found.values()].toSorted((one, other) => one.seq - other.seq).map(toServiceAccount);
    });
  };

  return {
    findByFederation: async (tenant, federationId) => {
      if (!mayBeStored(tenant, federationId) || federationId.length > maxIdLength) return null;
      const rows = await db
        .selectFrom('service_accounts')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('id', 'in', (query) =>
          query
            .selectFrom('federations')
            .select('account_id')
            .where('tenant', '=', tenant)
            .where('federation_id', '=', federationId),
        )
        .execute();
      const holds = ({ federations }: ServiceAccount) => federations.some(({ id }) => id === federationId);
      const found = rows.map(toServiceAccount).find(holds);
      if (found !== undefined) return found;
      // What an older version wrote has no id in the index.
      return (await unplaced(tenant, null)).map(toServiceAccount).find(holds) ?? null;
    },

    findByIssuer: async (tenant, issuer, newest) => {
      if (!mayBeStored(tenant, issuer)) return [];
      const rows = await db
        .selectFrom('service_accounts')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('seq', 'in', (query) =>
          query
            .selectFrom('federations')
            .select((each) => each.ref('account_seq').$notNull().as('account_seq'))
            .distinct()
            .where('tenant', '=', tenant)
            .where('issuer', '=', issuer)
            .where('account_seq', 'is not', null)
            .orderBy('account_seq', 'desc')
            .limit(newest),
        )
        .orderBy('seq', 'desc')
        .execute();
      const others = await unplaced(tenant, issuer);
      return [...new Map([...rows, ...others].map((row) => [row.seq, row])).values()]
        .toSorted((one, other) => other.seq - one.seq)
        .slice(0, newest)
        .map(toServiceAccount);
    },

    findByGroups: async (groups) => {
      const storable = groups.filter(({ tenant, issuer, text }) => mayBeStored(tenant, issuer, text));
      const answers = new Map<FederationGroup, readonly ServiceAccount[]>();
      for (let start = 0; start < storable.length; start += maxGroups) {
        const chunk = storable.slice(start, start + maxGroups);
        const found = await readChunk(chunk);
        for (const [place, group] of chunk.entries()) answers.set(group, found[place] ?? []);
      }
      return groups.map((group) => answers.get(group) ?? []);
    },

    findNear: async (tenant, issuer, subject, limit) => {
      if (!mayBeStored(tenant, issuer)) return [];
      const near = nearKey(subject).replaceAll('\0', '\uFFFD');
      const rows = await readNear([tenant, issuer, near, limit]);
      const accounts = new Map(rows.map((row) => [row.id, row]));
      return Array.from(accounts.values(), toServiceAccount);
    },

    outlineOf: async (tenant, issuer) => {
      if (!mayBeStored(tenant, issuer)) return { prefixes: [], unplaced: [] };
      const rows = await db
        .selectFrom('federations')
        .select('prefix')
        .distinct()
        .where('tenant', '=', tenant)
        .where('issuer', '=', issuer)
        .where('prefix', 'is not', null)
        .execute();
      const others = await unplaced(tenant, issuer);
      return {
        prefixes: rows.flatMap(({ prefix }) => (prefix === null ? [] : [prefix])),
        unplaced: others.map(toServiceAccount),
      };
    },
  };
};

/** By the place of the account, which is where its row is: an index of ids would be two pages more for each. */
const prepareGroups = (db: Kysely<Database>, count: number) =>
  prepareQuery<AccountRow & { readonly group_key: string }>(db, count, (query, keys) =>
    query
      .selectFrom('federations')
      .innerJoin('service_accounts', (join) =>
        join
          .onRef('service_accounts.seq', '=', 'federations.account_seq')
          .onRef('service_accounts.tenant', '=', 'federations.tenant'),
      )
      .select(accountColumns)
      .select((each) => each.ref('federations.group_key').$notNull().as('group_key'))
      .where('federations.group_key', 'in', [...keys]),
  );

/** Those that stand just before and just after the form, in the order of the index. */
const prepareNear = (db: Kysely<Database>) =>
  prepareQuery<AccountRow>(db, 4, (query, [tenant = '', issuer = '', near = '', limit = '']) => {
    const beside = (which: '<' | '>=', direction: 'desc' | 'asc') =>
      query
        .selectFrom('federations')
        .select('account_id')
        .where('tenant', '=', tenant)
        .where('issuer', '=', issuer)
        .where('near', which, near)
        .orderBy('near', direction)
        .orderBy('account_seq', direction)
        .limit(sql<number>`${limit}`);
    return query
      .selectFrom('service_accounts')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('id', 'in', (from) =>
        from
          .selectFrom(beside('<', 'desc').as('before'))
          .select('before.account_id')
          .unionAll(from.selectFrom(beside('>=', 'asc').as('behind')).select('behind.account_id')),
      );
  });
