import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import * as z from 'zod';
import { adminProblems, type AdminProblemCode } from '../../admin/admin-problem.ts';
import { type AdminOperation, adminOperations } from '../../admin-api/operations.ts';
import { problemDetails } from '../../admin-api/problem.ts';
import type { AdminRoute } from './admin-route.ts';

type OpenapiOptions = NonNullable<FastifyDynamicSwaggerOptions['openapi']>;

/** The frame of the OpenAPI document. */
export const openapiOptions = (baseIssuer: string): OpenapiOptions => ({
  openapi: '3.1.0',
  info: {
    title: 'Bureau admin API',
    version: '1',
    description: [
      'Administration of one tenant: who may exchange which third-party token for what.',
      'Every request carries an access token of the tenant whose audience is the address of this API and whose account has a role; what a role may is said at each operation (`x-roles`).',
      'Errors are problem details (RFC 9457) with a stable `code`. Bodies are JSON; unknown members are refused. Changes need `If-Match` with the `ETag` of what was read.',
      'This document and the page that shows it are public: they hold no data.',
    ].join('\n\n'),
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [
    { url: baseIssuer, description: 'Tenant default' },
    {
      url: `${baseIssuer}/t/{tenant}`,
      description: 'Every other tenant',
      variables: { tenant: { default: 'acme', description: 'Name of the tenant' } },
    },
  ],
  components: {
    securitySchemes: {
      accessToken: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'An access token of the tenant for the audience of this API (RFC 9068).',
      },
    },
  },
  security: [{ accessToken: [] }],
  tags: [...new Set(Object.values(adminOperations).map(tagOf))].map((name) => ({ name })),
});

/** The first part of an operation's path, under which the reference shows it. */
function tagOf(operation: AdminOperation): string {
  return operation.path.split(/[/:]/)[1] ?? '';
}

/** What the OpenAPI document says of one route. */
export const describeOperation = (route: AdminRoute): FastifySchema => {
  const operation: AdminOperation = adminOperations[route.operation];
  const where = operation.defaultTenantOnly === true ? ' of tenant `default`' : '';
  const extension = { 'x-roles': [...operation.roles] };
  return {
    ...extension,
    operationId: route.operation,
    summary: operation.summary,
    description: `For accounts${where} with role ${operation.roles.join(', ')}.`,
    tags: [tagOf(operation)],
    security: [{ accessToken: [] }],
    ...(operation.path.includes('{') ? { params: route.schemas.params } : {}),
    ...(hasMembers(route.schemas.query) ? { querystring: route.schemas.query } : {}),
    ...(route.schemas.body === null ? {} : { body: route.schemas.body, consumes: mediaTypesOf(operation) }),
    response: {
      [adminOperations[route.operation].status]:
        operation.produces === undefined
          ? route.schemas.response
          : { content: { [operation.produces]: { schema: route.schemas.response } } },
      ...problemResponses(operation),
    },
  };
};

const mediaTypesOf = ({ method }: AdminOperation): readonly string[] =>
  method === 'PATCH' ? ['application/json', 'application/merge-patch+json'] : ['application/json'];

const hasMembers = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodObject && Object.keys(schema.shape).length > 0;

/** The refusals an operation may give, one response for each status. */
const problemResponses = (operation: AdminOperation): Record<number, object> => {
  const codes = possibleCodes(operation);
  const statuses = [...new Set(codes.map((code) => adminProblems[code].status))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: `code: ${codes.filter((code) => adminProblems[code].status === status).join(', ')}`,
        content: { 'application/problem+json': { schema: problemDetails } },
      },
    ]),
  );
};

const possibleCodes = ({ method, path }: AdminOperation): readonly AdminProblemCode[] => [
  'malformed_request',
  ...(method === 'POST' || method === 'PATCH' ? (['malformed_json'] as const) : []),
  ...(method === 'GET' && !path.includes('{') ? (['invalid_cursor'] as const) : []),
  'authentication_required',
  'invalid_token',
  'forbidden',
  'not_found',
  ...conflictsOf(method, path),
  ...(method === 'PATCH' || method === 'DELETE' ? (['version_stale', 'version_missing'] as const) : []),
  ...(method === 'POST' || method === 'PATCH' ? (['body_too_large', 'unsupported_media_type'] as const) : []),
  'invalid',
  'internal_fault',
  'temporarily_unavailable',
];

const conflictsOf = (method: AdminOperation['method'], path: string): readonly AdminProblemCode[] => {
  if (method === 'GET' || path === '/settings' || path.endsWith('/refresh')) return [];
  if (path.endsWith('propose') || path.startsWith('/inbox')) return [];
  if (path.startsWith('/service-accounts/{id}/keys'))
    return method === 'POST' ? ['already_exists', 'too_many_keys', 'rate_limited'] : ['last_administrator'];
  if (path.startsWith('/service-accounts')) {
    return method === 'DELETE'
      ? ['last_administrator']
      : [
          'already_exists',
          'federation_exists',
          'issuer_conflict',
          ...(method === 'PATCH' ? (['last_administrator'] as const) : (['rate_limited'] as const)),
        ];
  }
  if (path.startsWith('/tenants'))
    return method === 'POST' ? ['already_exists', 'rate_limited'] : ['default_tenant'];
  if (method === 'POST')
    return path === '/trusted-issuers' ? ['already_exists', 'issuer_conflict'] : ['already_exists'];
  if (path.startsWith('/trusted-issuers') && method === 'PATCH') return ['last_administrator'];
  return method === 'DELETE' || path.startsWith('/use-cases') ? ['in_use'] : [];
};
