import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import type { SigningKey } from '../../src/core/signing-keys/signing-key.ts';
import { createServer } from '../../src/http/server.ts';
import { registerWellKnown } from '../../src/http/well-known.ts';
import { createTenantSigningKeys } from '../../src/keys/create-signing-keys.ts';
import { createKeyRing, type KeyRing } from '../../src/keys/key-ring-view.ts';
import type { SigningBackend } from '../../src/ports/signing-backend.ts';
import { keyRingParts } from './key-ring-parts.ts';
import { createMemorySigningKeys, type MemorySigningKeys } from './memory-signing-keys.ts';

/** The published documents alone on a server, without a store: tenants are those that have keys. */
export interface PublishedServer {
  readonly app: FastifyInstance;
  readonly baseIssuer: string;
  readonly backend: SigningBackend;
  readonly ring: KeyRing;
  readonly keys: MemorySigningKeys;
  /** The keys each tenant began with. */
  readonly rows: ReadonlyMap<string, readonly SigningKey[]>;
  /** Sets the keys of a tenant and lets the ring know. */
  readonly change: (tenant: string, rows: readonly SigningKey[]) => void;
  /** The JSON body of a document that has to be there. */
  readonly read: (path: string) => Promise<Record<string, unknown>>;
}

/** Creates a server that publishes for `tenants`. */
export const createPublishedServer = async ({
  baseIssuer = 'https://sts.example',
  tenants = ['default', 'acme'],
}: {
  readonly baseIssuer?: string;
  readonly tenants?: readonly string[];
} = {}): Promise<PublishedServer> => {
  const clock = { now: () => 1_790_000_000_000, monotonic: () => 0 };
  const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
  const rows = new Map<string, readonly SigningKey[]>();
  for (const tenant of tenants) rows.set(tenant, await createTenantSigningKeys({ backend, clock }, tenant));
  const keys = createMemorySigningKeys([...rows.values()].flat());
  const ring = createKeyRing({ ...keyRingParts, signingKeys: keys, backend, clock });
  const app = createServer({ logger: pino({ enabled: false }), logRequest: () => undefined, trustProxy: [] });
  registerWellKnown(app, { keyRing: ring, baseIssuer, maxAgeSeconds: 300 });
  await app.ready();
  return {
    app,
    baseIssuer,
    backend,
    ring,
    keys,
    rows,
    change: (tenant, changed) => {
      keys.set(tenant, changed);
      ring.forget(tenant);
    },
    read: async (path) => {
      const response = await app.inject(path);
      if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
      return response.json<Record<string, unknown>>();
    },
  };
};

/** Where clients made for Microsoft Entra look for the openid-configuration of a tenant, `default` by its name too. */
export const namedConfigurationPaths = (tenant: string): readonly string[] => [
  `/${tenant}/v2.0/.well-known/openid-configuration`,
  `/v1/oauth2/v2.0/${tenant}/.well-known/openid-configuration`,
  `/v1/oauth2/${tenant}/v2.0/.well-known/openid-configuration`,
];

/** Every path of contract §4 for one tenant, `default` or another. */
export const publishedPaths = (tenant: string): readonly string[] => {
  const prefix = tenant === 'default' ? '' : `/t/${tenant}`;
  return [
    `/.well-known/oauth-authorization-server${prefix}`,
    `/.well-known/openid-configuration${prefix}`,
    `${prefix}/.well-known/oauth-authorization-server`,
    `${prefix}/.well-known/openid-configuration`,
    `${prefix}/.well-known/jwks.json`,
    `${prefix}/spiffe/.well-known/openid-configuration`,
    `${prefix}/spiffe/.well-known/jwks.json`,
    `${prefix}/spiffe/bundle.json`,
    ...namedConfigurationPaths(tenant),
  ].filter((path, index, all) => all.indexOf(path) === index);
};
