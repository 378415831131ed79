import * as z from 'zod';
import type { Actor } from '../../admin/actor.ts';
import { type AdminProblem, refuseInput } from '../../admin/admin-problem.ts';
import type { AdminDependencies } from '../../admin/dependencies.ts';
import type { AdminOperationName } from '../../admin/permissions.ts';
import type { VersionCondition } from '../../admin/version-condition.ts';
import { ok, type Result } from '../../core/result.ts';
import type { RegistrationProblem } from '../../core/trust/registration-problem.ts';

/** A request of the admin API after its shape was checked. */
export interface AdminRequest<Params, Query, Body> {
  readonly actor: Actor;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly condition: VersionCondition;
}

/** What goes back. */
export interface AdminAnswer<Body> {
  readonly body: Body;
  /** For the ETag of one resource. */
  readonly version?: number;
  /** For a create: where the new resource is, below the base of the API. */
  readonly location?: string;
}

/** The schemas of one route; what is not given is empty. */
export interface RouteSchemas {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body: z.ZodType | null;
  readonly response: z.ZodType;
}

/** One route of the admin API, ready to be registered under each prefix. */
export interface AdminRoute {
  readonly operation: AdminOperationName;
  readonly status: 200 | 201 | 204;
  readonly schemas: RouteSchemas;
  readonly run: (
    deps: AdminDependencies,
    request: AdminRequest<unknown, unknown, unknown>,
  ) => Promise<Result<AdminAnswer<unknown>, AdminProblem>>;
}

const nothing = z.strictObject({});

/** Query and parameters of a path that has none. */
export const noMembers = nothing;

/** The body of an answer without one (204). */
export const noContent = z.undefined().describe('Done; there is no body.');

/**
 * Defines a route from its schemas and what it does. Nothing is coerced in a body and unknown members are refused (A108);
 * a request whose shape is wrong never reaches `handle`.
 */
export const adminRoute = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
>(definition: {
  readonly operation: AdminOperationName;
  readonly status: AdminRoute['status'];
  readonly params: Params;
  readonly query: Query;
  readonly body: Body | null;
  readonly response: Response;
  readonly handle: (
    deps: AdminDependencies,
    request: AdminRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<Result<AdminAnswer<z.input<Response>>, AdminProblem>>;
}): AdminRoute => ({
  operation: definition.operation,
  status: definition.status,
  schemas: definition,
  run: async (deps, request) => {
    const params = parsePart(definition.params, request.params);
    if (!params.ok) return params;
    const query = parsePart(definition.query, request.query);
    if (!query.ok) return query;
    const body = parsePart<z.ZodType>(
      definition.body ?? z.undefined({ error: 'This request has no body. Leave it out.' }),
      request.body,
    );
    if (!body.ok) return body;
    return definition.handle(deps, {
      ...request,
      params: params.value,
      query: query.value,
      body: body.value as z.output<Body>,
    });
  },
});

const parsePart = <S extends z.ZodType>(schema: S, value: unknown): Result<z.output<S>, AdminProblem> => {
  const parsed = schema.safeParse(value, { reportInput: false });
  return parsed.success ? ok(parsed.data) : refuseInput(parsed.error.issues.flatMap(describeIssue));
};

const describeIssue = (issue: z.core.$ZodIssue): readonly RegistrationProblem[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({
        path: pointerTo([...issue.path, key]),
        message: 'There is no such member. Remove it.',
      }))
    : [{ path: pointerTo(issue.path), message: `${issue.message.replace(/\.$/, '')}.` }];

/** JSON pointer (RFC 6901 §3). */
const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
