import type { Kysely } from 'kysely';
import type { Team } from '../../../core/accounts/team.ts';
import type { TeamStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { createNamedStore } from './named-store.ts';

/** {@link TeamStore} on either engine. */
export const createTeamStore = (db: Kysely<Database>): TeamStore =>
  createNamedStore<Team, 'teams'>(db, {
    table: 'teams',
    list: 'teams',
    what: 'team',
    usedIn: 'owning_team',
    toItem: (row) => ({
      tenant: row.tenant,
      name: row.name,
      description: row.description,
      createdAt: row.created_at,
      version: row.version,
    }),
    toRow: (team) => ({
      tenant: team.tenant,
      name: team.name,
      description: team.description,
      created_at: team.createdAt,
      version: team.version,
    }),
  });
