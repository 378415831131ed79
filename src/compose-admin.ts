import { fileURLToPath } from 'node:url';
import { allowsLoopbackHttp } from './adapters/outbound/fetch-url.ts';
import type { OutboundAllow } from './adapters/outbound/outbound-allow.ts';
import { readPublicKeyText } from './adapters/signature/read-public-key-text.ts';
import { createExportLimit } from './admin/export-limit.ts';
import { insertTenantContents, prepareTenantContents, type TenantFoundry } from './admin/tenant-contents.ts';
import { createTrailVerifier } from './admin/verify-trail.ts';
import type { Configuration } from './config/schema.ts';
import { startLater } from './core/later.ts';
import { loadOnce } from './core/load-once.ts';
import type { IssuerPreset } from './core/trust/preset.ts';
import type { AdminApiDependencies } from './http/admin/register-admin-api.ts';
import { createAccessTokenVerifier } from './keys/verify-access-token.ts';
import type { VerifyOwnToken } from './keys/verify-own-token.ts';
import type { TrailSeals } from './keys/trail-seals.ts';
import type { GuardedFetch } from './ports/guarded-fetch.ts';
import type { Storage } from './ports/storage.ts';
import type { NodeChanges } from './workers/share-changes.ts';

/** What administration takes of the server around it. */
export interface AdminSurroundings
  extends Pick<
    AdminApiDependencies,
    'issuerKeys' | 'keyGenerationLimit' | 'rotation' | 'presets' | 'reportFault'
  > {
  readonly configuration: Configuration;
  readonly storage: Storage;
  /** The same, with what is not written yet, of this process and its siblings. */
  readonly withPending: AdminApiDependencies['storage'];
  readonly foundry: TenantFoundry;
  /** What the token endpoint decides with: to explain what it would do, and to try what it would issue. */
  readonly endpoint: AdminApiDependencies['explanations'] & AdminApiDependencies['svidTrials'];
  readonly seals: TrailSeals;
  readonly verifyOwnToken: VerifyOwnToken;
  readonly guardedFetch: Pick<GuardedFetch, 'checkUrl'>;
  readonly outboundAllow: OutboundAllow;
  readonly node: NodeChanges;
}

/** Joins what the admin API is made from. */
export const joinAdministration = ({
  configuration,
  storage,
  withPending,
  foundry,
  endpoint,
  seals,
  verifyOwnToken,
  guardedFetch,
  outboundAllow,
  node,
  ...given
}: AdminSurroundings): AdminApiDependencies => {
  const { baseIssuer, clock, newId, generateAccountKeyPair } = foundry;
  return {
    ...given,
    storage: withPending,
    clock,
    newId,
    baseIssuer,
    generateAccountKeyPair,
    readPublicKeyText,
    signatureVerifier: endpoint.verifier,
    templateEnvironment: endpoint.templateEnvironment,
    explanations: endpoint,
    svidTrials: endpoint,
    aliasIssuers: [`http://${configuration.host}:${configuration.port}`],
    allowLoopbackHttp: (url) => allowsLoopbackHttp(outboundAllow, url),
    checkOutboundUrl: (url) => guardedFetch.checkUrl(url),
    seals,
    verifyTrail: createTrailVerifier({ storage, seals }),
    takeExport: createExportLimit(),
    changed: node.forget,
    keysChanged: node.replaceKeys,
    openTenant: async (tenant, alongside) => {
      const contents = await prepareTenantContents(foundry, tenant);
      await storage.transaction(async (stores) => {
        await insertTenantContents(stores, contents);
        await alongside(stores);
      });
      return contents;
    },
    authenticate: createAccessTokenVerifier({
      verifyOwnToken,
      accounts: storage.serviceAccounts,
      tenants: storage.tenants,
      blocks: storage.blocks,
      baseIssuer,
    }),
  };
};

const readPresets = async (): Promise<readonly IssuerPreset[]> => {
  const { loadIssuerPresets } = await import('./config/issuer-presets.ts');
  return await loadIssuerPresets(fileURLToPath(new URL('../config/issuers', import.meta.url)));
};

/**
 * What is known of platforms: nothing but administration asks for it, and reading it takes as long as a third of a start. It is
 * read with the first request that asks, and where `readsAhead` says so a second after the start at the latest: then a
 * file that is broken is in the log before the first administrator meets it.
 */
export const startReadingPresets = (
  readsAhead: boolean,
  log: { error(details: object, message: string): void },
): { readonly presets: AdminApiDependencies['presets']; readonly stop: () => Promise<void> } => {
  const presets = loadOnce(readPresets);
  if (!readsAhead) return { presets, stop: () => Promise.resolve() };
  const report = (error: unknown): void =>
    log.error({ err: error }, 'what is known of platforms cannot be read; nobody administers until it can');
  return { presets, stop: startLater(presets, report, 1000).stop };
};
