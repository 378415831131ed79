import { join } from 'node:path';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { createGroupCommitLog } from './adapters/activity/group-commit.ts';
import { idleMilliseconds } from './adapters/clock/event-loop.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import { createCredentialsFolder } from './adapters/credentials/credentials-folder.ts';
import { requireDataFolder } from './adapters/credentials/data-folder.ts';
import { keepHeapSmall } from './adapters/heap/keep-heap-small.ts';
import { hashToken } from './adapters/identifiers/hash-token.ts';
import { newId } from './adapters/identifiers/new-id.ts';
import { createIssuerKeys } from './adapters/issuer-keys/issuer-keys.ts';
import { openLog } from './adapters/logging/open-log.ts';
import { createPrometheusMetrics } from './adapters/metrics/prometheus.ts';
import { createGuardedFetch } from './adapters/outbound/guarded-fetch.ts';
import { parseOutboundAllow } from './adapters/outbound/outbound-allow.ts';
import { createSignatureVerifier } from './adapters/signature/signature-verifier.ts';
import { createKeyPairGenerator } from './adapters/signing/key-pair-generator.ts';
import { openStorage } from './adapters/storage/open-storage.ts';
import { prepareFirstStart } from './admin/first-start.ts';
import { createKeyGenerationLimit } from './admin/key-generation-limit.ts';
import { startRetention } from './admin/retention.ts';
import type { TenantFoundry } from './admin/tenant-contents.ts';
import { startTrailWatch } from './admin/watch-trail.ts';
import { joinAdministration, startReadingPresets } from './compose-admin.ts';
import { openConfiguredSigning, requireSigningKeys } from './compose-signing.ts';
import { chosenVariables, rotationSettings } from './config/load.ts';
import type { Configuration } from './config/schema.ts';
import { createCommitPace } from './core/commit-pace.ts';
import { createAdmissionControl } from './core/admission-control.ts';
import { rotationPolicies } from './core/signing-keys/rotation-policies.ts';
import { defaultTenant } from './core/tenants/tenant.ts';
import type { Touched } from './core/trust/touched.ts';
import { registerAdminApi } from './http/admin/register-admin-api.ts';
import { boundConnections } from './http/bound-connections.ts';
import { registerHealthRoutes } from './http/health-routes.ts';
import { registerMetricsRoute } from './http/metrics-routes.ts';
import { createServer } from './http/server.ts';
import type { TokenRateLimits } from './http/token-rate-limit.ts';
import { shedLoad } from './http/shed-load.ts';
import { registerTokenQueryRoutes } from './http/token-query-routes.ts';
import { registerTokenRoutes } from './http/token-routes.ts';
import { registerWellKnown } from './http/well-known.ts';
import { createKeyRing } from './keys/key-ring-view.ts';
import type { SigningKeyRotation } from './keys/rotate-signing-keys.ts';
import { createTrailSeals } from './keys/trail-seals.ts';
import { startRotationLoop } from './keys/rotation-loop.ts';
import { createOwnTokenVerifier } from './keys/verify-own-token.ts';
import { exitCodes, StartRefused } from './ports/start-refused.ts';
import { startFollowingRevisions } from './token/follow-revisions.ts';
import { createIntrospection } from './token/introspect.ts';
import { createKeyUses, startWritingKeyUses } from './token/key-uses.ts';
import { createOverloadRefusals, startReportingOverload } from './token/overload-refusals.ts';
import { createAttemptCollection, startWritingAttempts } from './token/refused-attempts.ts';
import { createRevocation } from './token/revoke.ts';
import { startSummingUpStrangers } from './token/sum-up-strangers.ts';
import { createEvidenceBudget } from './token/evidence-budget.ts';
import { createStrangerBudget } from './token/stranger-budget.ts';
import { withPending } from './token/with-pending.ts';
import { createTokenEndpoint } from './token/token-endpoint.ts';
import { createTrustDirectory } from './token/trust-directory.ts';
import { shareChanges } from './workers/share-changes.ts';
import { shareMetrics } from './workers/share-metrics.ts';
import { sharePending } from './workers/share-pending.ts';
import { shareRefresh } from './workers/share-refresh.ts';
import { startSharingMinutes } from './workers/shared-minutes.ts';
import { onlyWorker, type WorkerPlace } from './workers/worker-place.ts';

/** A server with everything it needs, not listening yet. */
export interface Bureau {
  readonly app: FastifyInstance;
  readonly logger: FastifyBaseLogger;
  /** `/metrics` on a listener of its own, where configured. */
  readonly metricsApp: FastifyInstance | null;
  /** Says once that the server listens, and with what. */
  announceReady(details: { readonly url: string }): void;
  /** Not ready from now on; requests are still answered. */
  announceStop(): void;
  /** Ends the work behind the routes and closes the store; after the listeners are closed. */
  close(): Promise<void>;
}

/** Up to 800 lines a second there is time for a commit of each; above, whoever asks waits for half of a pause, more or less. */
const commitPacing = { everyMs: 2, calmlyEveryMs: 8, maxGapMs: 1.25 };

/**
 * Opens and joins everything, in the order in which a failure costs least: store, key-encryption key, first start, keys,
 * routes. Throws {@link StartRefused} with one clear line for what an operator can mend.
 */
export const openBureau = async (
  configuration: Configuration,
  version: string,
  environment: Readonly<Record<string, string | undefined>>,
  { place, prepares, siblings }: WorkerPlace = onlyWorker,
): Promise<Bureau> => {
  const templateEnvironment = chosenVariables(environment, configuration.templateEnv);
  const clock = systemClock;
  const log = openLog(configuration.logLevel, clock, siblings.count === 1 ? null : place);
  const { logger, logRequest } = log;
  const reportFault = (error: unknown, receipt?: string): void =>
    logger.error({ err: error, receipt }, 'fault');
  const baseIssuer = configuration.issuer;
  /** What is done once for the whole node is done by the first worker. */
  const doesChores = place === 1;

  const outboundAllow = parseOutboundAllow(configuration.outboundAllow.join(','));
  if (!outboundAllow.ok) throw new StartRefused(outboundAllow.error, { exitCode: exitCodes.configuration });
  await requireDataFolder(configuration.dataDir);
  const pace = createCommitPace({ monotonic: () => clock.monotonic(), ...commitPacing });
  const storage = await openStorage({
    url: configuration.databaseUrl,
    postgres: { poolSize: Math.max(1, Math.floor(configuration.databasePoolSize / siblings.count)) },
    worker: { place, prepares, isAlone: siblings.count === 1 },
    pace,
  });

  const closing: (() => Promise<void>)[] = [() => storage.close()];
  const close = async (): Promise<void> => {
    // What cannot be ended is said, and does not keep the rest, the store above all, from being closed.
    for (const end of closing.toReversed()) await end().catch(reportFault);
    await log.close();
  };

  try {
    const backend = await openConfiguredSigning(configuration, storage, reportFault);
    closing.push(() => backend.close());
    const foundry: TenantFoundry = {
      backend,
      generateAccountKeyPair: createKeyPairGenerator(),
      clock,
      newId,
      baseIssuer,
    };
    const policies = rotationPolicies(rotationSettings(configuration));
    const keyRing = createKeyRing({
      signingKeys: storage.signingKeys,
      backend,
      clock,
      policies,
      reportFault,
    });
    if (
      prepares &&
      (await prepareFirstStart({
        ...foundry,
        storage,
        vault: createCredentialsFolder(configuration.dataDir),
      })) === 'first'
    )
      logger.info(
        { credentials: join(configuration.dataDir, 'admin.json') },
        'first start: the administrator signs in with this file',
      );
    await requireSigningKeys(() => keyRing.load(defaultTenant));

    const verifier = createSignatureVerifier();
    const guardedFetch = createGuardedFetch({
      allow: outboundAllow.value,
      access: configuration.issuerAccess,
      userAgent: `bureau/${version}`,
      clock,
    });
    const issuerKeys = createIssuerKeys({ fetch: guardedFetch, verifier, clock, log: logger });
    closing.push(() => guardedFetch.close());
    closing.push(async () => issuerKeys.close());

    const directory = createTrustDirectory(storage, verifier, {
      environmentNames: new Set(Object.keys(templateEnvironment)),
    });
    const seals = createTrailSeals({ keyRing, verifier });
    // Before the log of activities, so that it ends after it and tells of the last lines.
    if (doesChores) closing.push(startTrailWatch({ storage, seals, log: logger, reportFault }).stop);
    const activityLog = createGroupCommitLog({
      append: (batch) => storage.activities.appendOnce(batch),
      clock,
      pace,
      maxBatch: 500,
      maxQueue: 20_000,
    });
    closing.push(() => activityLog.drain());
    const metrics = createPrometheusMetrics(
      {
        version,
        issuerKeys: issuerKeys.states,
        signingKeys: keyRing.states,
        waitingActivities: activityLog.waiting,
        droppedLogLines: log.dropped,
        load: { refused: () => refusals.count(), inFlight: () => admission.inFlight() },
        store: {
          engine: configuration.databaseUrl.startsWith('sqlite:') ? 'sqlite' : 'postgres',
          ping: () => storage.ping(),
        },
      },
      clock,
    );
    const minutes = startSharingMinutes(siblings, clock);
    closing.push(minutes.stop);
    const strangers = createStrangerBudget(
      configuration.strangerActivities,
      clock,
      newId,
      siblings.count === 1 ? undefined : minutes.open('strangers', configuration.strangerActivities),
    );
    closing.push(startSummingUpStrangers(strangers, activityLog, reportFault).stop);

    const admission = createAdmissionControl();
    const refusals = createOverloadRefusals(strangers);
    closing.push(startReportingOverload(refusals, () => admission.inFlight(), logger, reportFault).stop);

    let stopping = false;
    const app = createServer({
      logger,
      logRequest,
      trustProxy: configuration.trustProxy,
      isStopping: () => stopping,
    });
    registerWellKnown(app, {
      keyRing,
      baseIssuer,
      maxAgeSeconds: configuration.publishedMaxAgeSeconds,
    });

    const forget = (tenant: string, touched?: Touched): void => {
      directory.forget(tenant, touched);
      if (touched !== undefined) return;
      // Read anew beside what is known: published keys must not vanish because the store does (contract §7).
      keyRing.reload(tenant).catch(reportFault);
    };
    // Whatever becomes of the reading: what was known holds a key that may be in the wrong hands (A71).
    const replaceKeys = async (tenant: string): Promise<void> => {
      keyRing.forget(tenant);
      await keyRing.load(tenant);
    };
    const node = shareChanges(siblings, { forget, replaceKeys });
    const follower = {
      forget,
      forgetAll: () => directory.forgetAll(),
      readAgain: () => void keyRing.reloadAll().catch(reportFault),
      reportFault,
    };
    closing.push(startFollowingRevisions(storage.revisions, follower, clock).stop);
    if (doesChores) closing.push(startRetention({ storage, clock, seals, log: logger, reportFault }).stop);

    const rotation: SigningKeyRotation = {
      storage,
      backend,
      clock,
      newId,
      policies,
      changed: node.forget,
    };
    if (doesChores) closing.push(startRotationLoop(rotation, reportFault).stop);

    const keyUses = createKeyUses(storage.accountKeys);
    closing.push(startWritingKeyUses(keyUses, () => clock.now(), reportFault).stop);

    const attempts = createAttemptCollection(storage.inbox, newId, reportFault);
    closing.push(startWritingAttempts(attempts, reportFault).stop);

    const verifyOwnToken = createOwnTokenVerifier({
      keyRing,
      verifier,
      clock,
      revokedTokens: storage.revokedTokens,
      baseIssuer,
    });
    const endpoints = {
      baseIssuer,
      directory,
      issuerKeys,
      verifier,
      clock,
      newId,
      hashToken,
      replayGuard: metrics.uses.ofGuard(storage.replayGuard),
      activityLog: metrics.uses.ofLog(activityLog),
      strangers,
      evidenceBudget: createEvidenceBudget(minutes.open),
      keyUses,
      metrics: metrics.token,
      reportFault,
    };
    const limitsOf = (endpoint: string): TokenRateLimits => ({
      perAddress: configuration.rateLimit,
      perTenant: configuration.tenantRateLimit,
      openCounter: (name, max) => minutes.open(`${endpoint}.${name}`, max),
    });
    await registerTokenRoutes(app, {
      endpoint: createTokenEndpoint({ ...endpoints, attempts, keyRing, templateEnvironment }),
      limits: limitsOf('token'),
    });
    await registerTokenQueryRoutes(app, {
      introspection: createIntrospection({ ...endpoints, verifyOwnToken }),
      revocation: createRevocation({ ...endpoints, verifyOwnToken, storage }),
      limits: limitsOf('token-query'),
    });

    const { presets, stop: stopReading } = startReadingPresets(doesChores, logger);
    closing.push(stopReading);
    const pending = sharePending(siblings, { strangers, attempts });
    await registerAdminApi(
      app,
      joinAdministration({
        configuration,
        storage,
        withPending: withPending(storage, pending.strangers, keyUses, pending.attempts),
        foundry,
        issuerKeys: shareRefresh(siblings, issuerKeys, storage.trustedIssuers),
        keyGenerationLimit: createKeyGenerationLimit(
          configuration.keyGenerationRateLimit,
          clock,
          siblings.count === 1 ? undefined : minutes.open,
        ),
        rotation,
        endpoint: { ...endpoints, keyRing, templateEnvironment },
        presets,
        seals,
        verifyOwnToken,
        guardedFetch,
        outboundAllow: outboundAllow.value,
        node,
        reportFault,
      }),
    );

    registerHealthRoutes(app, {
      parts: [
        { name: 'store', check: () => storage.ping() },
        { name: 'signing-keys', check: () => keyRing.requireSigners(defaultTenant) },
      ],
      isStopping: () => stopping,
      clock,
    });
    const metricsApp =
      configuration.metricsPort === undefined ? null : createServer({ logger, logRequest, trustProxy: [] });
    registerMetricsRoute(metricsApp ?? app, shareMetrics(siblings, metrics));

    boundConnections(app.server);
    shedLoad(app.server, {
      admission,
      refusals,
      clock,
      idleMs: idleMilliseconds,
      isStopping: () => stopping,
    });

    keepHeapSmall();
    return {
      app,
      logger,
      metricsApp,
      announceReady: ({ url }) => {
        // Whoever waits for this line waits for it whatever the log level is (contract §2).
        logger.child({}, { level: 'info' }).info({ url, issuer: baseIssuer, version }, 'ready');
        log.flush();
      },
      announceStop: () => {
        stopping = true;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
