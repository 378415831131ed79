import type { Kysely, Selectable } from 'kysely';
import type { Team } from '../../../core/accounts/team.ts';
import type { TeamStore } from '../../../ports/stores.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';
import { requireInserted } from '../unique.ts';

const toTeam = (row: Selectable<Database['teams']>): Team => ({
  tenant: row.tenant,
  name: row.name,
  description: row.description,
  createdAt: row.created_at,
  version: row.version,
});

const toRow = (team: Team) => ({
  tenant: team.tenant,
  name: team.name,
  description: team.description,
  created_at: team.createdAt,
  version: team.version,
});

/** {@link TeamStore} on either engine. */
export const createTeamStore = (db: Kysely<Database>): TeamStore => ({
  find: async (tenant, name) => {
    if (!mayBeStored(tenant, name)) {
      return null;
    }
    const row = await db
      .selectFrom('teams')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : toTeam(row);
  },
  list: async (tenant, { limit, cursor }) => {
    const rows = await db
      .selectFrom('teams')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('seq', '>', readCursor('teams', cursor, 0))
      .orderBy('seq')
      .limit(limit + 1)
      .execute();
    return toPage('teams', rows, limit, toTeam);
  },
  insert: async (team) => {
    requireInserted(
      'team',
      await db
        .insertInto('teams')
        .values(toRow(team))
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
  },
  update: async (team) => {
    const { numUpdatedRows } = await db
      .updateTable('teams')
      .set(toRow(team))
      .where('tenant', '=', team.tenant)
      .where('name', '=', team.name)
      .where('version', '=', team.version - 1)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },
  remove: async (tenant, name, version) => {
    if (!mayBeStored(tenant, name)) {
      return false;
    }
    const { numDeletedRows } = await db
      .deleteFrom('teams')
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
      .where('owning_team', '=', name)
      .limit(1)
      .executeTakeFirst();
    return account !== undefined;
  },
});
