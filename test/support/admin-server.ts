import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { allowsLoopbackHttp, parseFetchUrl } from '../../src/adapters/outbound/fetch-url.ts';
import { type OutboundAllow, parseOutboundAllow } from '../../src/adapters/outbound/outbound-allow.ts';
import { createSignatureVerifier } from '../../src/adapters/signature/signature-verifier.ts';
import { readPublicKeyText } from '../../src/adapters/signature/read-public-key-text.ts';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { rotationPolicies } from '../../src/core/signing-keys/rotation-policies.ts';
import type { SigningKeyRotation } from '../../src/keys/rotate-signing-keys.ts';
import { createKeyPairGenerator } from '../../src/adapters/signing/key-pair-generator.ts';
import { createKeyGenerationLimit } from '../../src/admin/key-generation-limit.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import { loadIssuerPresets } from '../../src/config/issuer-presets.ts';
import type { Role } from '../../src/core/accounts/role.ts';
import { loadOnce } from '../../src/core/load-once.ts';
import type { ServiceAccount, Status } from '../../src/core/accounts/service-account.ts';
import { defaultTenantSettings, type Tenant, tenantIssuer } from '../../src/core/tenants/tenant.ts';
import type { TrustedIssuer } from '../../src/core/trust/trusted-issuer.ts';
import { type AdminApiDependencies, registerAdminApi } from '../../src/http/admin/register-admin-api.ts';
import { createKeyRing } from '../../src/keys/key-ring-view.ts';
import type { VerifiedAccessToken } from '../../src/keys/verify-access-token.ts';
import type { KeyHealth } from '../../src/ports/issuer-keys.ts';
import type { SigningBackend } from '../../src/ports/signing-backend.ts';
import type { Storage } from '../../src/ports/storage.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { createExportLimit } from '../../src/admin/export-limit.ts';
import { createTrailVerifier } from '../../src/admin/verify-trail.ts';
import { createTrustDirectory } from '../../src/token/trust-directory.ts';
import { sampleAccountKey } from './stored-samples.ts';
import { createTestSeals } from './trail-seals.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** A JSON body; tests look into it freely. */
export type Json = { readonly [name: string]: unknown };

/** An answer of the admin API. */
export interface AdminReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** The body as JSON, `{}` where there is none. */
  readonly body: Json;
}

/** What a request may carry beside method and path. */
export interface AdminRequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Whose token: a role of tenant `default`, `role~tenant`, a raw token, or `null` for none. Default `administrator`. */
  readonly as?: string | null;
  readonly ifMatch?: string;
}

/** The admin API over a real store on disk, with fake issuer keys and tokens that are the names of accounts. */
export interface AdminServer {
  readonly app: FastifyInstance;
  readonly storage: Storage;
  readonly clock: ManualClock;
  readonly baseIssuer: string;
  /** Which tenants this node was told to read again. */
  readonly changedTenants: string[];
  /** Which trusted issuers were forgotten. */
  readonly forgottenIssuers: string[];
  /** What was reported. */
  readonly faults: unknown[];
  /** What the next refreshes say. */
  readonly keyHealth: { lastError: string | null; jwksUri: string | null };
  request(method: string, path: string, options?: AdminRequestOptions): Promise<AdminReply>;
  /** The account behind a token name. */
  accountOf(token: string): ServiceAccount;
  close(): Promise<void>;
}

/** What differs from server to server. */
export interface AdminServerOptions {
  /** An empty database; default a SQLite file of its own. */
  readonly databaseUrl?: string;
  readonly outboundAllow?: string;
  readonly aliasIssuers?: readonly string[];
  /** Default: as many as one likes. */
  readonly keysPerMinute?: number;
  /** Replaces parts of the store, for faults. */
  readonly spoil?: (storage: Storage) => Storage;
  /** Replaces parts of what makes and opens signing keys, for faults. */
  readonly spoilSigning?: (backend: SigningBackend) => SigningBackend;
  readonly keysChanged?: (tenant: string) => Promise<void>;
  /** Default: those of the product. */
  readonly presets?: AdminApiDependencies['presets'];
}

const baseIssuer = 'https://sts.example.com';
/** Tenants the server starts with. */
export const tenants = ['default', 'acme'] as const;
const roles: readonly (Role | null)[] = ['administrator', 'viewer', 'auditor', null];

/** Starts an admin API; every tenant has team `default`, two use cases and one account per role. */
export const startAdminServer = async (options: AdminServerOptions = {}): Promise<AdminServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'bureau-admin-'));
  const opened = await openStorage({ url: options.databaseUrl ?? `sqlite:${join(folder, 'bureau.db')}` });
  const clock = createManualClock();
  const accounts = new Map<string, ServiceAccount>();
  for (const tenant of tenants) {
    await opened.transaction((stores) => insertTenant(stores, buildTenant(tenant, clock.now())));
    for (const role of roles) {
      const account = buildAccount(tenant, role, clock.now());
      await opened.serviceAccounts.insert(account);
      if (role === 'administrator')
        await opened.accountKeys.insert(sampleAccountKey(account, { expiresAt: null }));
      accounts.set(`${role ?? 'none'}~${tenant}`, account);
    }
  }

  const storage = options.spoil?.(opened) ?? opened;
  const changedTenants: string[] = [];
  const forgottenIssuers: string[] = [];
  const faults: unknown[] = [];
  const keyHealth = { lastError: null as string | null, jwksUri: null as string | null };
  const allow = readAllow(options.outboundAllow ?? '');
  const healthOf = (issuer: TrustedIssuer): KeyHealth => buildHealth(issuer, keyHealth, clock.now());

  const verifier = createSignatureVerifier();
  const seals = await createTestSeals();
  const local = createLocalSigningBackend({ keyEncryptionKey: new Uint8Array(32).fill(7) });
  const backend = options.spoilSigning?.(local) ?? local;
  const templateEnvironment = { CLUSTER_NAME: 'prod-eu-1' };
  const policies = rotationPolicies({
    rotateAfterDays: 30,
    publishAheadSeconds: 1500,
    publishedMaxAgeSeconds: 300,
  });
  const rotation: SigningKeyRotation = {
    storage,
    backend,
    clock,
    newId: () => randomUUID(),
    policies,
    changed: async (tenant) => void changedTenants.push(tenant),
  };
  const trials = {
    baseIssuer,
    directory: createTrustDirectory(storage, verifier, {
      environmentNames: new Set(Object.keys(templateEnvironment)),
    }),
    issuerKeys: {
      find: async () => ({
        found: 'unavailable',
        detail: 'there is no network here',
        retryAfterSeconds: 5,
      }),
    },
    verifier,
    clock,
    keyRing: createKeyRing({
      signingKeys: storage.signingKeys,
      backend,
      clock,
      policies,
      reportFault: () => undefined,
    }),
    newId: () => randomUUID(),
    templateEnvironment,
    replayGuard: storage.replayGuard,
  } satisfies Partial<AdminApiDependencies['explanations']>;
  const deps: AdminApiDependencies = {
    storage,
    clock,
    newId: () => randomUUID(),
    issuerKeys: {
      refresh: (issuer) => Promise.resolve(healthOf(issuer)),
      health: healthOf,
      forget: (_tenant, id) => void forgottenIssuers.push(id),
    },
    signatureVerifier: verifier,
    generateAccountKeyPair: createKeyPairGenerator(),
    keyGenerationLimit: createKeyGenerationLimit(options.keysPerMinute ?? 'off', clock),
    readPublicKeyText,
    rotation,
    keysChanged: options.keysChanged ?? (async () => undefined),
    reportFault: (error) => void faults.push(error),
    templateEnvironment,
    svidTrials: trials,
    explanations: {
      ...trials,
      hashToken: (token) => token,
      replayGuard: storage.replayGuard,
    },
    presets: options.presets ?? loadOnce(() => loadIssuerPresets('config/issuers')),
    baseIssuer,
    aliasIssuers: options.aliasIssuers ?? [],
    allowLoopbackHttp: (url) => allowsLoopbackHttp(allow, url),
    checkOutboundUrl: (url) => {
      const parsed = parseFetchUrl(url, allow);
      return parsed.ok ? null : parsed.error;
    },
    seals,
    verifyTrail: createTrailVerifier({ storage, seals }),
    takeExport: createExportLimit(),
    changed: async (tenant, touched) => {
      changedTenants.push(tenant);
      trials.directory.forget(tenant, touched);
    },
    openTenant: async (tenant, alongside) => {
      await storage.transaction(async (stores) => {
        await insertTenant(stores, tenant);
        await alongside(stores);
      });
      return { credentials: fakeCredentials(tenant.name) };
    },
    authenticate: async (tenant, token): Promise<VerifiedAccessToken> => {
      const known = accounts.get(token);
      if (known === undefined || known.tenant !== tenant) return { ok: false, error: 'invalid_token' };
      const account = await opened.serviceAccounts.find(tenant, known.id);
      const block = await opened.blocks.findByTarget(tenant, { kind: 'account', account: known.id });
      return account?.status === 'enabled' && block === null
        ? { ok: true, account }
        : { ok: false, error: 'invalid_token' };
    },
  };

  const app = Fastify({ logger: false, bodyLimit: 64 * 1024 });
  await registerAdminApi(app, deps);
  await app.ready();

  return {
    app,
    storage: opened,
    clock,
    baseIssuer,
    changedTenants,
    forgottenIssuers,
    faults,
    keyHealth,
    accountOf: (token) => {
      const account = accounts.get(token);
      if (account === undefined) throw new Error(`no account ${token}`);
      return account;
    },
    request: async (method, path, request = {}) => {
      const reply = await app.inject({
        method: method as 'GET',
        url: path,
        headers: headersOf(request) as Record<string, string>,
        ...(request.body === undefined
          ? {}
          : { payload: typeof request.body === 'string' ? request.body : JSON.stringify(request.body) }),
      });
      return {
        status: reply.statusCode,
        headers: reply.headers as Record<string, string | undefined>,
        text: reply.body,
        body: parseBody(reply.body),
      };
    },
    close: async () => {
      await app.close();
      await opened.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const headersOf = ({
  as = 'administrator',
  body,
  headers,
  ifMatch,
}: AdminRequestOptions): Record<string, unknown> => ({
  ...(as === null ? {} : { authorization: `Bearer ${/^[a-z]+$/.test(as) ? `${as}~default` : as}` }),
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  ...headers,
});

const parseBody = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
};

const readAllow = (text: string): OutboundAllow => {
  const allow = parseOutboundAllow(text);
  if (!allow.ok) throw new Error(allow.error.join(' '));
  return allow.value;
};

const buildTenant = (name: string, now: number): Tenant => ({
  name,
  description: '',
  status: 'enabled',
  settings: defaultTenantSettings,
  createdAt: now,
  version: 1,
});

const insertTenant = async (stores: Stores, tenant: Tenant): Promise<void> => {
  const born = { tenant: tenant.name, description: '', createdAt: tenant.createdAt, version: 1 };
  await stores.tenants.insert(tenant);
  await stores.teams.insert({ ...born, name: 'default' });
  await stores.useCases.insert({ ...born, name: 'custom-api-integration', scopes: ['*'] });
  await stores.useCases.insert({ ...born, name: 'cert-manager-issuer', scopes: ['certificates:read'] });
};

/** An account of the store; `role` is also its name. */
export const buildAccount = (
  tenant: string,
  role: Role | null,
  now: number,
  status: Status = 'enabled',
): ServiceAccount => ({
  tenant,
  id: randomUUID(),
  name: role ?? 'none',
  description: '',
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: [],
  audiences: [],
  role,
  status,
  accessTokenAlgorithm: null,
  capToSubjectExpiry: false,
  federations: [],
  createdAt: now,
  updatedAt: now,
  version: 1,
});

const fakeCredentials = (tenant: string) => ({
  serviceAccountId: randomUUID(),
  clientId: randomUUID(),
  privateKey: '-----BEGIN PRIVATE KEY-----\nfake\n-----END PRIVATE KEY-----\n',
  keyId: 'kid',
  algorithm: 'ES256' as const,
  tenant,
  issuer: tenantIssuer(baseIssuer, tenant),
  discoveryURI: `${tenantIssuer(baseIssuer, tenant)}/.well-known/openid-configuration`,
  tokenEndpoint: `${tenantIssuer(baseIssuer, tenant)}/token`,
});

const buildHealth = (
  issuer: TrustedIssuer,
  { lastError, jwksUri }: AdminServer['keyHealth'],
  now: number,
): KeyHealth => ({
  source: issuer.jwks !== null ? 'pinned' : issuer.jwksUri === null ? 'discovery' : 'jwks-uri',
  jwksUri: issuer.jwksUri ?? jwksUri,
  keys: lastError === null ? [{ kid: 'k1', kty: 'EC', alg: 'ES256', thumbprint: 'thumb' }] : [],
  ignored: [],
  fetchedAt: lastError === null ? now : null,
  freshUntil: null,
  usableUntil: null,
  lastAttemptAt: now,
  clockOffsetSeconds: null,
  lastError,
});

/** A good federation on an issuer of no known platform. */
export const goodFederation = {
  issuer: 'https://issuer.example.org',
  subject: 'repo:acme/payments:environment:production',
  audience: baseIssuer,
} as const;

/** A good body for `POST /service-accounts`. */
export const goodAccount = (name: string, members: Json = {}): Json => ({
  name,
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  federations: [{ ...goodFederation, subject: `repo:acme/${name}:environment:production` }],
  ...members,
});

/** The paths of the errors of a 422. */
export const pathsOf = (reply: AdminReply): readonly string[] =>
  ((reply.body['errors'] ?? []) as readonly { path: string }[]).map(({ path }) => path);

/** The sentences of the errors of a 422. */
export const messagesOf = (reply: AdminReply): string =>
  ((reply.body['errors'] ?? []) as readonly { message: string }[]).map(({ message }) => message).join(' ');
