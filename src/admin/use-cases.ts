import { parseUseCase, type UseCaseInput } from '../core/accounts/parse-use-case.ts';
import { permitsScope, type UseCase } from '../core/accounts/use-case.ts';
import { ok, type Result } from '../core/result.ts';
import type { Page, PageRequest } from '../ports/page.ts';
import type { Actor } from './actor.ts';
import { type AdminProblem, notFound, refuse, refuseInput } from './admin-problem.ts';
import { changedMembers, changeTenant } from './change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { applyPatch, type Patch } from './merge-patch.ts';
import { requireCurrent, stale, type VersionCondition } from './version-condition.ts';

/** One page of the use cases of the actor's tenant. */
export const listUseCases = (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  page: PageRequest,
): Promise<Page<UseCase>> => deps.storage.useCases.list(actor.account.tenant, page);

/** The use case of this name. */
export const getUseCase = async (
  deps: Pick<AdminDependencies, 'storage'>,
  actor: Actor,
  name: string,
): Promise<Result<UseCase, AdminProblem>> => {
  const useCase = await deps.storage.useCases.find(actor.account.tenant, name);
  return useCase === null ? notFound('use case') : ok(useCase);
};

/** Makes a use case; `already_exists` when the name is taken. */
export const createUseCase = (
  deps: AdminDependencies,
  actor: Actor,
  input: UseCaseInput,
): Promise<Result<UseCase, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const parsed = parseUseCase(input);
    if (!parsed.ok) return refuseInput(parsed.error);
    const useCase: UseCase = {
      ...parsed.value,
      tenant: actor.account.tenant,
      createdAt: deps.clock.now(),
      version: 1,
    };
    await stores.useCases.insert(useCase);
    return ok({
      value: useCase,
      activity: { type: 'use-case.create', reason: 'created', details: { useCase: useCase.name } },
    });
  });

/** Changes a use case. Scopes that accounts hold cannot be taken out: their accounts would break their own rule. */
export const patchUseCase = (
  deps: AdminDependencies,
  actor: Actor,
  name: string,
  condition: VersionCondition,
  patch: Patch<Pick<UseCaseInput, 'description' | 'scopes'>>,
): Promise<Result<UseCase, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent(
      'use case',
      await stores.useCases.find(actor.account.tenant, name),
      condition,
    );
    if (!before.ok) return before;
    const { description, scopes } = before.value;
    const parsed = parseUseCase({ name, ...applyPatch({ description, scopes }, patch) });
    if (!parsed.ok) return refuseInput(parsed.error);
    const held = await stores.useCases.scopesInUse(actor.account.tenant, name);
    const orphaned = held.filter((scope) => !permitsScope(parsed.value, scope));
    if (orphaned.length > 0) {
      return refuse(
        'in_use',
        `Service accounts hold ${orphaned.join(' ')}. Take the scopes from them first.`,
      );
    }
    const after: UseCase = { ...before.value, ...parsed.value, version: before.value.version + 1 };
    if (!(await stores.useCases.update(after))) return stale();
    const members = changedMembers(before.value, after, ['description', 'scopes']);
    return ok({
      value: after,
      activity: { type: 'use-case.change', reason: 'changed', details: { useCase: name, members } },
    });
  });

/** Removes a use case that no account has. */
export const deleteUseCase = (
  deps: AdminDependencies,
  actor: Actor,
  name: string,
  condition: VersionCondition,
): Promise<Result<void, AdminProblem>> =>
  changeTenant(deps, actor, async (stores) => {
    const before = requireCurrent(
      'use case',
      await stores.useCases.find(actor.account.tenant, name),
      condition,
    );
    if (!before.ok) return before;
    if (await stores.useCases.inUse(actor.account.tenant, name)) {
      return refuse(
        'in_use',
        `Service accounts have the use case ${JSON.stringify(name)}. Give them another one first.`,
      );
    }
    if (!(await stores.useCases.remove(actor.account.tenant, name, before.value.version))) return stale();
    return ok({
      value: undefined,
      activity: { type: 'use-case.delete', reason: 'deleted', details: { useCase: name } },
    });
  });
