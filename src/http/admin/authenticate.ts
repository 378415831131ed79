import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../admin/actor.ts';
import type { AdminOperation } from '../../admin-api/operations.ts';
import { defaultTenant } from '../../core/tenants/tenant.ts';
import type { VerifyAccessToken } from '../../keys/verify-access-token.ts';
import type { TenantStore } from '../../ports/stores.ts';
import { sourceAddressOf } from '../source-address.ts';
import { sendProblem } from './problem-response.ts';
import { protectedResourceMetadataUrl } from './protected-resource.ts';

/** What is needed to know who calls. */
export interface AuthenticationDependencies {
  readonly authenticate: VerifyAccessToken;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly baseIssuer: string;
}

/** How a request carries its token (RFC 6750 §2; the header alone, AT-16). */
export type PresentedToken =
  | { readonly how: 'none' }
  | { readonly how: 'malformed'; readonly detail: string }
  | { readonly how: 'bearer'; readonly token: string };

/** b64token (RFC 6750 §2.1). */
const credentials = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Reads the token of a request from its raw headers, where a repeated header is still seen. */
export const readBearerToken = (rawHeaders: readonly string[], url: string): PresentedToken => {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'));
  if (query.has('access_token')) {
    return {
      how: 'malformed',
      detail: 'Send the access token in the Authorization header, never in the query.',
    };
  }
  const headers = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization',
  );
  if (headers.length > 1) return { how: 'malformed', detail: 'Send one Authorization header.' };
  const header = headers[0]?.trim();
  if (header === undefined || !/^bearer(?: |$)/i.test(header)) return { how: 'none' };
  const token = credentials.exec(header)?.[1];
  if (token === undefined) {
    return {
      how: 'malformed',
      detail: 'Send the Authorization header as Bearer, one space, and the access token.',
    };
  }
  return { how: 'bearer', token };
};

/** The tenant a path is about: the one it names, else the one at the root. */
export const tenantOf = (request: FastifyRequest): string => {
  const { tenant } = request.params as { readonly tenant?: string };
  return tenant ?? defaultTenant;
};

/**
 * Finds out who calls, before anything of the body is read, or answers the request (RFC 6750 §3, AT-15). Everything below
 * the admin API is behind this, paths that do not exist included (A103).
 */
export const authenticateRequest = async (
  deps: AuthenticationDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Actor | null> => {
  const tenant = tenantOf(request);
  const challenge = (parameters: string): FastifyReply =>
    reply.header(
      'www-authenticate',
      `Bearer ${parameters}resource_metadata="${protectedResourceMetadataUrl(deps.baseIssuer, tenant)}"`,
    );

  if (tenant !== defaultTenant && (await deps.tenants.find(tenant)) === null) {
    sendProblem(request, reply, { code: 'not_found', detail: 'There is no such tenant.' });
    return null;
  }
  const presented = readBearerToken(request.raw.rawHeaders, request.url);
  switch (presented.how) {
    case 'none':
      sendProblem(request, challenge(''), {
        code: 'authentication_required',
        detail:
          'Send an access token of this tenant with the audience of the admin API as Authorization: Bearer.',
      });
      return null;
    case 'malformed':
      sendProblem(request, challenge('error="invalid_request", '), {
        code: 'malformed_request',
        detail: presented.detail,
      });
      return null;
    case 'bearer': {
      const verified = await deps.authenticate(tenant, presented.token);
      if (verified.ok) return { account: verified.account, sourceAddress: sourceAddressOf(request) };
      sendProblem(request, challenge('error="invalid_token", '), {
        code: 'invalid_token',
        detail:
          'The access token is expired, not of this tenant, not for the admin API, or its account may not be used. Get a new one.',
      });
      return null;
    }
  }
};

/** The answer to an account whose role does not allow an operation (RFC 6750 §3.1). */
export const refuseRole = (
  deps: AuthenticationDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: AdminOperation,
): FastifyReply =>
  sendProblem(
    request,
    reply.header(
      'www-authenticate',
      `Bearer error="insufficient_scope", resource_metadata="${protectedResourceMetadataUrl(deps.baseIssuer, tenantOf(request))}"`,
    ),
    {
      code: 'forbidden',
      detail: `This takes a service account${operation.defaultTenantOnly === true ? ' of tenant default' : ''} with the role ${operation.roles.join(' or ')}.`,
    },
  );
