import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  buildAuthorizationServerMetadata,
  buildNamedOpenidConfiguration,
  buildOpenidConfiguration,
  buildSpiffeOpenidConfiguration,
  wellKnown,
} from '../core/oauth/metadata.ts';
import { buildSpiffeBundle, type PublishedKey } from '../core/signing-keys/published-keys.ts';
import { defaultTenant, tenantIssuer } from '../core/tenants/tenant.ts';
import type { KeyRing } from '../keys/key-ring-view.ts';
import { grants } from '../token/grants/index.ts';
import { registerNoAuthorizationEndpoint } from './no-authorization-endpoint.ts';
import { buildPublicDocument, type PublicDocument, sendPublicDocument } from './public-document.ts';

/** What the published documents are made from; nothing of the request but the tenant in its path (A93). */
export interface WellKnownDependencies {
  readonly keyRing: Pick<KeyRing, 'published' | 'spiffeSequence'>;
  readonly baseIssuer: string;
  /** How long verifiers may keep what they read. */
  readonly maxAgeSeconds: number;
}

/** Everything a document may be made from. */
interface DocumentSource {
  readonly tenant: string;
  readonly issuer: string;
  readonly baseIssuer: string;
  /** Of the table of grants, so that metadata and endpoint cannot disagree (MD-05). */
  readonly grantTypes: readonly string[];
  readonly accessTokenKeys: readonly PublishedKey[];
  readonly svidKeys: readonly PublishedKey[];
  readonly spiffeSequence: number;
  readonly maxAgeSeconds: number;
}

interface DocumentKind {
  /** Where it stands, below the host; `:tenant` is any tenant but `default`. */
  readonly paths: (basePath: string) => readonly string[];
  /** In its paths `default` has its name too. */
  readonly named?: true;
  readonly contentType: string;
  readonly build: (source: DocumentSource) => object;
}

const json = 'application/json';
const jwkSet = 'application/jwk-set+json';

/** Below the issuer (OIDC Discovery §4.1), apart from the base path: the proxy that adds it takes it away again. */
const below = (path: string) => () => [path, `/t/:tenant${path}`];

/** Also between host and path of the issuer (RFC 8414 §3.1, MD-02). */
const belowAndInserted = (path: string) => (basePath: string) => [
  ...below(path)(),
  `${path}${basePath}`,
  `${path}${basePath}/t/:tenant`,
];

/** The published documents of a tenant (contract §4). */
const documentKinds: readonly DocumentKind[] = [
  {
    paths: belowAndInserted(wellKnown.authorizationServer),
    contentType: json,
    build: buildAuthorizationServerMetadata,
  },
  {
    paths: belowAndInserted(wellKnown.openidConfiguration),
    contentType: json,
    build: (source) => buildOpenidConfiguration(buildAuthorizationServerMetadata(source)),
  },
  {
    // What MSAL makes of an authority at the root, and of each half of the alias path of the token endpoint.
    paths: () => [
      `/:tenant/v2.0${wellKnown.openidConfiguration}`,
      `/v1/oauth2/v2.0/:tenant${wellKnown.openidConfiguration}`,
      `/v1/oauth2/:tenant/v2.0${wellKnown.openidConfiguration}`,
    ],
    named: true,
    contentType: json,
    build: (source) => buildNamedOpenidConfiguration(buildAuthorizationServerMetadata(source), source),
  },
  {
    paths: below(wellKnown.jwks),
    contentType: jwkSet,
    build: ({ accessTokenKeys }) => ({ keys: accessTokenKeys }),
  },
  {
    paths: below(`/spiffe${wellKnown.openidConfiguration}`),
    contentType: json,
    build: ({ issuer }) => buildSpiffeOpenidConfiguration(issuer),
  },
  {
    paths: below(`/spiffe${wellKnown.jwks}`),
    contentType: jwkSet,
    build: ({ svidKeys }) => ({ keys: svidKeys }),
  },
  {
    paths: below('/spiffe/bundle.json'),
    contentType: json,
    build: ({ svidKeys, spiffeSequence, maxAgeSeconds }) =>
      buildSpiffeBundle(svidKeys, spiffeSequence, maxAgeSeconds),
  },
];

const grantTypes = grants.map(({ type }) => type);
const readMethods = ['GET', 'HEAD'];
const otherMethods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/**
 * The published documents: anonymous, cacheable, the same bytes for everybody (contract §4, A103). A tenant that does not
 * exist is 404; a disabled one goes on publishing, so that what it issued can be verified until it expires.
 */
export const registerWellKnown = (app: FastifyInstance, dependencies: WellKnownDependencies): void => {
  const basePath = new URL(dependencies.baseIssuer).pathname.replace(/\/$/, '');
  for (const kind of documentKinds) {
    const documentOf = createDocumentCache(kind, dependencies);
    const read = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const document = await documentOf(tenantOf(request, kind));
      if (document !== null) return sendPublicDocument(request, reply, document);
      reply.callNotFound();
      return reply;
    };
    for (const url of new Set(kind.paths(basePath))) {
      app.route({ method: readMethods, url, handler: read });
      // Before any body is looked at.
      app.route({ method: otherMethods, url, onRequest: turnAway, handler: turnAway });
    }
  }
  registerNoAuthorizationEndpoint(app);
};

/**
 * The document of each tenant, made once for each set of keys: the ring gives the same array until something changes.
 * `null` for a tenant without keys, which is one that does not exist.
 */
const createDocumentCache = (
  kind: DocumentKind,
  { keyRing, baseIssuer, maxAgeSeconds }: WellKnownDependencies,
): ((tenant: string | null) => Promise<PublicDocument | null>) => {
  const made = new WeakMap<readonly PublishedKey[], PublicDocument>();
  return async (tenant) => {
    if (tenant === null) return null;
    const [accessTokenKeys, svidKeys, spiffeSequence] = await Promise.all([
      keyRing.published(tenant, 'access-token'),
      keyRing.published(tenant, 'jwt-svid'),
      keyRing.spiffeSequence(tenant),
    ]);
    if (accessTokenKeys.length === 0) return null;
    const issuer = tenantIssuer(baseIssuer, tenant);
    const document =
      made.get(accessTokenKeys) ??
      buildPublicDocument(
        kind.contentType,
        kind.build({
          issuer,
          baseIssuer,
          grantTypes,
          maxAgeSeconds,
          tenant,
          accessTokenKeys,
          svidKeys,
          spiffeSequence,
        }),
        maxAgeSeconds,
      );
    made.set(accessTokenKeys, document);
    return document;
  };
};

/** The tenant a path speaks of. `default` has one issuer, at the root, and no second one under its name (MD-04). */
const tenantOf = (request: FastifyRequest, { named }: DocumentKind): string | null => {
  const { tenant } = request.params as { readonly tenant?: string };
  if (tenant === defaultTenant && named === undefined) return null;
  return tenant ?? defaultTenant;
};

const turnAway = async (_request: FastifyRequest, reply: FastifyReply): Promise<never> => {
  reply.header('allow', readMethods.join(', '));
  throw Object.assign(new Error('only GET and HEAD'), { statusCode: 405 });
};
