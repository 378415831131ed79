import * as z from 'zod';
import {
  createUseCase,
  deleteUseCase,
  getUseCase,
  listUseCases,
  patchUseCase,
} from '../../admin/use-cases.ts';
import { listQuery, pageOf } from '../../admin-api/page.ts';
import { createUseCaseBody, patchUseCaseBody, useCaseResource } from '../../admin-api/use-cases.ts';
import { identifier } from '../../admin-api/text.ts';
import type { UseCase } from '../../core/accounts/use-case.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute, noContent, noMembers } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const named = z.strictObject({ name: identifier });

const toWire = ({ name, description, scopes, createdAt }: UseCase): z.input<typeof useCaseResource> => ({
  name,
  description,
  scopes: [...scopes],
  createdAt: toIso(createdAt),
});

/** The routes of `use-cases`. */
export const useCaseRoutes: readonly AdminRoute[] = [
  adminRoute({
    operation: 'listUseCases',
    status: 200,
    params: noMembers,
    query: listQuery,
    body: null,
    response: pageOf(useCaseResource).meta({ id: 'UseCasePage' }),
    handle: async (deps, { actor, query }) => {
      const { items, nextCursor } = await listUseCases(deps, actor, cursorOf(query));
      return ok({ body: { items: items.map(toWire), nextCursor } });
    },
  }),
  adminRoute({
    operation: 'createUseCase',
    status: 201,
    params: noMembers,
    query: noMembers,
    body: createUseCaseBody,
    response: useCaseResource,
    handle: async (deps, { actor, body }) => {
      const useCase = await createUseCase(deps, actor, body);
      if (!useCase.ok) return useCase;
      return ok({
        body: toWire(useCase.value),
        version: useCase.value.version,
        location: `/use-cases/${useCase.value.name}`,
      });
    },
  }),
  adminRoute({
    operation: 'getUseCase',
    status: 200,
    params: named,
    query: noMembers,
    body: null,
    response: useCaseResource,
    handle: async (deps, { actor, params }) => {
      const useCase = await getUseCase(deps, actor, params.name);
      return useCase.ok ? ok({ body: toWire(useCase.value), version: useCase.value.version }) : useCase;
    },
  }),
  adminRoute({
    operation: 'patchUseCase',
    status: 200,
    params: named,
    query: noMembers,
    body: patchUseCaseBody,
    response: useCaseResource,
    handle: async (deps, { actor, params, condition, body }) => {
      const useCase = await patchUseCase(deps, actor, params.name, condition, body);
      return useCase.ok ? ok({ body: toWire(useCase.value), version: useCase.value.version }) : useCase;
    },
  }),
  adminRoute({
    operation: 'deleteUseCase',
    status: 204,
    params: named,
    query: noMembers,
    body: null,
    response: noContent,
    handle: async (deps, { actor, params, condition }) => {
      const gone = await deleteUseCase(deps, actor, params.name, condition);
      return gone.ok ? ok({ body: undefined }) : gone;
    },
  }),
];
