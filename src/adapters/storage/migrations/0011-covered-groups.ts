import type { Kysely } from 'kysely';

/** What finds the account of a federation stands in the index by which it is looked up: one page less for each. */
export const coveredGroups = async (db: Kysely<never>): Promise<void> => {
  await db.schema.dropIndex('federations_group').execute();
  await db.schema
    .createIndex('federations_group')
    .on('federations')
    .columns(['group_key', 'tenant', 'account_seq'])
    .execute();
};
