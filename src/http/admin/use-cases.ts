import type * as z from 'zod';
import {
  createUseCase,
  deleteUseCase,
  getUseCase,
  listUseCases,
  patchUseCase,
} from '../../admin/use-cases.ts';
import type { useCaseResource } from '../../admin-api/use-cases.ts';
import type { UseCase } from '../../core/accounts/use-case.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const toWire = ({ name, description, scopes, createdAt }: UseCase): z.input<typeof useCaseResource> => ({
  name,
  description,
  scopes: [...scopes],
  createdAt: toIso(createdAt),
});

/** The routes of `use-cases`. */
export const useCaseRoutes: readonly AdminRoute[] = [
  adminRoute('listUseCases', async (deps, { actor, query }) => {
    const { items, nextCursor } = await listUseCases(deps, actor, cursorOf(query));
    return ok({ body: { items: items.map(toWire), nextCursor } });
  }),
  adminRoute('createUseCase', async (deps, { actor, body }) => {
    const useCase = await createUseCase(deps, actor, body);
    if (!useCase.ok) return useCase;
    return ok({
      body: toWire(useCase.value),
      version: useCase.value.version,
      location: `/use-cases/${useCase.value.name}`,
    });
  }),
  adminRoute('getUseCase', async (deps, { actor, params }) => {
    const useCase = await getUseCase(deps, actor, params.name);
    return useCase.ok ? ok({ body: toWire(useCase.value), version: useCase.value.version }) : useCase;
  }),
  adminRoute('patchUseCase', async (deps, { actor, params, condition, body }) => {
    const useCase = await patchUseCase(deps, actor, params.name, condition, body);
    return useCase.ok ? ok({ body: toWire(useCase.value), version: useCase.value.version }) : useCase;
  }),
  adminRoute('deleteUseCase', async (deps, { actor, params, condition }) => {
    const gone = await deleteUseCase(deps, actor, params.name, condition);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
];
