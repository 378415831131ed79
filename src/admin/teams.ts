import { parseTeam, type TeamInput } from '../core/accounts/parse-team.ts';
import type { Team } from '../core/accounts/team.ts';
import { ok, type Result } from '../core/result.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse, refuseInput } from './admin-problem.ts';
import { changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { applyPatch, type Patch } from './merge-patch.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** One page of the teams of the actor's tenant. */
export const listTeams = (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  page: PageRequest,
): Promise<Page<Team>> => deps.storage.teams.list(actor.account.tenant, page);

/** The team of this name. */
export const getTeam = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  name: string,
): Promise<Result<Team, AdminProblem>> => {
  const team = await deps.storage.teams.find(actor.account.tenant, name);
  return team === null ? notFound('team') : ok(team);
};

/** Makes a team; `already_exists` when the name is taken. */
export const createTeam = (
  deps: AdminDependencies,
  actor: Actor,
  input: TeamInput,
): Promise<Result<Team, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const parsed = parseTeam(input);
    if (!parsed.ok) return refuseInput(parsed.error);
    const team: Team = {
      ...parsed.value,
      tenant: actor.account.tenant,
      createdAt: deps.clock.now(),
      version: 1,
    };
    await stores.teams.insert(team);
    return ok({
      value: team,
      activity: { type: 'team.create', reason: 'created', details: { team: team.name } },
    });
  });

/** Changes a team; its name is its key and stays. */
export const patchTeam = (
  deps: AdminDependencies,
  actor: Actor,
  name: string,
  condition: VersionCondition,
  patch: Patch<Pick<TeamInput, 'description'>>,
): Promise<Result<Team, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent('team', await stores.teams.find(actor.account.tenant, name), condition);
    if (!before.ok) return before;
    const parsed = parseTeam({
      name,
      description: applyPatch({ description: before.value.description }, patch).description,
    });
    if (!parsed.ok) return refuseInput(parsed.error);
    const after: Team = { ...before.value, ...parsed.value, version: before.value.version + 1 };
    if (!(await stores.teams.update(after))) return stale();
    const members = changedMembers(before.value, after, ['description']);
    return ok({
      value: after,
      activity: { type: 'team.change', reason: 'changed', details: { team: name, members } },
    });
  });

/** Removes a team that owns nothing. */
export const deleteTeam = (
  deps: AdminDependencies,
  actor: Actor,
  name: string,
  condition: VersionCondition,
): Promise<Result<void, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent('team', await stores.teams.find(actor.account.tenant, name), condition);
    if (!before.ok) return before;
    if (await stores.teams.inUse(actor.account.tenant, name)) {
      return refuse(
        'in_use',
        `Service accounts are owned by the team ${JSON.stringify(name)}. Give them another team first.`,
      );
    }
    if (!(await stores.teams.remove(actor.account.tenant, name, before.value.version))) return stale();
    return ok({
      value: undefined,
      activity: { type: 'team.delete', reason: 'deleted', details: { team: name } },
    });
  });
