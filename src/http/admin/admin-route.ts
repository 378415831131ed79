import * as z from 'zod';
import type { Actor } from '../../admin/actor.ts';
import { type AdminProblem, refuseInput } from '../../admin/admin-problem.ts';
import type { AdminDependencies } from '../../admin/dependencies.ts';
import type { VersionCondition } from '../../admin/version-condition.ts';
import {
  type OperationSchemas,
  operationSchemas,
  type SchemasOf,
} from '../../admin-api/operation-schemas.ts';
import type { AdminOperationName } from '../../admin-api/operations.ts';
import { ok, type Result } from '../../core/result.ts';
import type { RegistrationProblem } from '../../core/trust/registration-problem.ts';

/** A request of the admin API after its shape was checked. */
export interface AdminRequest<Params, Query, Body> {
  readonly actor: Actor;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly condition: VersionCondition;
  /** `Accept`, as it came. */
  readonly accept: string;
}

/** What goes back. */
export type AdminAnswer<Body> =
  | {
      readonly body: Body;
      /** For the ETag of one resource. */
      readonly version?: number;
      /** For a create: where the new resource is, below the base of the API. */
      readonly location?: string;
    }
  /** Text that is sent while it is made. */
  | { readonly stream: { readonly type: string; readonly text: AsyncIterable<string> } };

/** One route of the admin API, ready to be registered under each prefix. */
export interface AdminRoute {
  readonly operation: AdminOperationName;
  readonly schemas: OperationSchemas;
  readonly run: (
    deps: AdminDependencies,
    request: AdminRequest<unknown, unknown, unknown>,
  ) => Promise<Result<AdminAnswer<unknown>, AdminProblem>>;
}

/**
 * Defines the route of an operation from what it does; shapes come from {@link operationSchemas}. Nothing is coerced in a
 * body and unknown members are refused (A108); a request whose shape is wrong never reaches `handle`.
 */
export const adminRoute = <Name extends AdminOperationName>(
  operation: Name,
  handle: (
    deps: AdminDependencies,
    request: AdminRequest<
      z.output<SchemasOf<Name>['params']>,
      z.output<SchemasOf<Name>['query']>,
      z.output<NonNullable<SchemasOf<Name>['body']>>
    >,
  ) => Promise<Result<AdminAnswer<z.input<SchemasOf<Name>['response']>>, AdminProblem>>,
): AdminRoute => {
  const schemas: OperationSchemas = operationSchemas[operation];
  return {
    operation,
    schemas,
    run: async (deps, request) => {
      const params = parsePart(schemas.params, request.params);
      if (!params.ok) return params;
      const query = parsePart(schemas.query, request.query);
      if (!query.ok) return query;
      const body = parsePart(
        schemas.body ?? z.undefined({ error: 'This request has no body. Leave it out.' }),
        request.body,
      );
      if (!body.ok) return body;
      return handle(deps, {
        ...request,
        params: params.value as z.output<SchemasOf<Name>['params']>,
        query: query.value as z.output<SchemasOf<Name>['query']>,
        body: body.value as z.output<NonNullable<SchemasOf<Name>['body']>>,
      });
    },
  };
};

const parsePart = <S extends z.ZodType>(schema: S, value: unknown): Result<z.output<S>, AdminProblem> => {
  const parsed = schema.safeParse(value, { reportInput: false });
  return parsed.success ? ok(parsed.data) : refuseInput(parsed.error.issues.flatMap(describeIssue));
};

const describeIssue = (issue: z.core.$ZodIssue): readonly RegistrationProblem[] => {
  const at = (inner: z.core.$ZodIssue): z.core.$ZodIssue => ({
    ...inner,
    path: [...issue.path, ...inner.path],
  });
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: pointerTo([...issue.path, key]),
      message: 'There is no such member. Remove it.',
    }));
  // Of several shapes the one that was meant is the one that knows every member.
  const [meant, ...others] = issue.code === 'invalid_union' ? issue.errors.filter(knowsEveryMember) : [];
  if (meant !== undefined && others.length === 0) return meant.map(at).flatMap(describeIssue);
  return [{ path: pointerTo(issue.path), message: sentenceOf(issue) }];
};

/** What zod says, but for what is not there at all, which it calls `undefined`. */
const sentenceOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
    ? `This member is required: a value of type ${issue.expected}.`
    : `${issue.message.replace(/\.$/, '')}.`;

const knowsEveryMember = (issues: readonly z.core.$ZodIssue[]): boolean =>
  issues.every(({ code }) => code !== 'unrecognized_keys');

/** JSON pointer (RFC 6901 §3). */
const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
