import * as z from 'zod';
import { createTeam, deleteTeam, getTeam, listTeams, patchTeam } from '../../admin/teams.ts';
import { listQuery, pageOf } from '../../admin-api/page.ts';
import { createTeamBody, patchTeamBody, teamResource } from '../../admin-api/teams.ts';
import { identifier } from '../../admin-api/text.ts';
import type { Team } from '../../core/accounts/team.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute, noContent, noMembers } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const named = z.strictObject({ name: identifier });

const toWire = ({ name, description, createdAt }: Team): z.input<typeof teamResource> => ({
  name,
  description,
  createdAt: toIso(createdAt),
});

/** The routes of `teams`. */
export const teamRoutes: readonly AdminRoute[] = [
  adminRoute({
    operation: 'listTeams',
    status: 200,
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(teamResource).meta({ id: 'TeamPage' }),
    handle: async (deps, { actor, query }) => {
      const { items, nextCursor } = await listTeams(deps, actor, cursorOf(query));
      return ok({ body: { items: items.map(toWire), nextCursor } });
    },
  }),
  adminRoute({
    operation: 'createTeam',
    status: 201,
    params: noMembers,
    query: noMembers,
    body: createTeamBody,
    response: teamResource,
    handle: async (deps, { actor, body }) => {
      const team = await createTeam(deps, actor, body);
      if (!team.ok) return team;
      return ok({
        body: toWire(team.value),
        version: team.value.version,
        location: `/teams/${team.value.name}`,
      });
    },
  }),
  adminRoute({
    operation: 'getTeam',
    status: 200,
    params: named,
    query: noMembers,
    body: null,
    response: teamResource,
    handle: async (deps, { actor, params }) => {
      const team = await getTeam(deps, actor, params.name);
      return team.ok ? ok({ body: toWire(team.value), version: team.value.version }) : team;
    },
  }),
  adminRoute({
    operation: 'patchTeam',
    status: 200,
    params: named,
    query: noMembers,
    body: patchTeamBody,
    response: teamResource,
    handle: async (deps, { actor, params, condition, body }) => {
      const team = await patchTeam(deps, actor, params.name, condition, body);
      return team.ok ? ok({ body: toWire(team.value), version: team.value.version }) : team;
    },
  }),
  adminRoute({
    operation: 'deleteTeam',
    status: 204,
    params: named,
    query: noMembers,
    body: null,
    response: noContent,
    handle: async (deps, { actor, params, condition }) => {
      const gone = await deleteTeam(deps, actor, params.name, condition);
      return gone.ok ? ok({ body: undefined }) : gone;
    },
  }),
];
