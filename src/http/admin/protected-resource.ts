import type { FastifyInstance } from 'fastify';
import { adminAudience, defaultTenant, tenantIssuer } from '../../core/tenants/tenant.ts';
import type { TenantStore } from '../../ports/stores.ts';
import { buildPublicDocument, sendPublicDocument } from '../public-document.ts';

const wellKnownPath = '/.well-known/oauth-protected-resource';

/** Where the metadata of the admin API of `tenant` is: the well-known part goes before the path (RFC 9728 §3.1). */
export const protectedResourceMetadataUrl = (baseIssuer: string, tenant: string): string => {
  const resource = new URL(adminAudience(tenantIssuer(baseIssuer, tenant)));
  return `${resource.origin}${wellKnownPath}${resource.pathname}`;
};

/** Protected resource metadata (RFC 9728 §2, AD-02). Roles are no scopes, so there is no `scopes_supported`. */
export const buildProtectedResourceMetadata = (baseIssuer: string, tenant: string): object => {
  const issuer = tenantIssuer(baseIssuer, tenant);
  return {
    resource: adminAudience(issuer),
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    resource_name: 'Bureau admin API',
    resource_documentation: `${baseIssuer}/api/v1/docs`,
  };
};

/** Serves the metadata of every tenant's admin API, a public document like those of the authorization server. */
export const registerProtectedResourceMetadata = (
  app: FastifyInstance,
  { baseIssuer, tenants }: { readonly baseIssuer: string; readonly tenants: Pick<TenantStore, 'find'> },
): void => {
  const basePath = new URL(baseIssuer).pathname.replace(/\/$/, '');
  const document = (tenant: string) =>
    buildPublicDocument('application/json', buildProtectedResourceMetadata(baseIssuer, tenant));

  app.get(`${wellKnownPath}${basePath}/api/v1`, (request, reply) =>
    sendPublicDocument(request, reply, document(defaultTenant)),
  );
  app.get<{ Params: { tenant: string } }>(
    `${wellKnownPath}${basePath}/t/:tenant/api/v1`,
    async (request, reply) => {
      const { tenant } = request.params;
      if ((await tenants.find(tenant)) === null) return reply.callNotFound();
      return sendPublicDocument(request, reply, document(tenant));
    },
  );
};
