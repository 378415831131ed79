import type * as z from 'zod';
import { createTeam, deleteTeam, getTeam, listTeams, patchTeam } from '../../admin/teams.ts';
import type { teamResource } from '../../admin-api/teams.ts';
import type { Team } from '../../core/accounts/team.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const toWire = ({ name, description, createdAt }: Team): z.input<typeof teamResource> => ({
  name,
  description,
  createdAt: toIso(createdAt),
});

/** The routes of `teams`. */
export const teamRoutes: readonly AdminRoute[] = [
  adminRoute('listTeams', async (deps, { actor, query }) => {
    const { items, nextCursor } = await listTeams(deps, actor, cursorOf(query));
    return ok({ body: { items: items.map(toWire), nextCursor } });
  }),
  adminRoute('createTeam', async (deps, { actor, body }) => {
    const team = await createTeam(deps, actor, body);
    if (!team.ok) return team;
    return ok({
      body: toWire(team.value),
      version: team.value.version,
      location: `/teams/${team.value.name}`,
    });
  }),
  adminRoute('getTeam', async (deps, { actor, params }) => {
    const team = await getTeam(deps, actor, params.name);
    return team.ok ? ok({ body: toWire(team.value), version: team.value.version }) : team;
  }),
  adminRoute('patchTeam', async (deps, { actor, params, condition, body }) => {
    const team = await patchTeam(deps, actor, params.name, condition, body);
    return team.ok ? ok({ body: toWire(team.value), version: team.value.version }) : team;
  }),
  adminRoute('deleteTeam', async (deps, { actor, params, condition }) => {
    const gone = await deleteTeam(deps, actor, params.name, condition);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
];
