import type * as z from 'zod';
import type { AdminDependencies } from '../../admin/dependencies.ts';
import {
  createTrustedIssuer,
  deleteTrustedIssuer,
  getTrustedIssuer,
  keySourceOf,
  listTrustedIssuers,
  patchTrustedIssuer,
  refreshTrustedIssuer,
} from '../../admin/trusted-issuers.ts';
import type { keyHealthResource, trustedIssuerResource } from '../../admin-api/trusted-issuers.ts';
import { ok } from '../../core/result.ts';
import { lintTrustedIssuer } from '../../core/trust/lint/issuer-facts.ts';
import { findPreset } from '../../core/trust/preset.ts';
import type { TrustedIssuer } from '../../core/trust/trusted-issuer.ts';
import type { KeyHealth } from '../../ports/issuer-keys.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso, toIsoOrNull } from './wire-time.ts';

const toWire = (
  deps: Pick<AdminDependencies, 'presets'>,
  issuer: TrustedIssuer,
): z.input<typeof trustedIssuerResource> => ({
  id: issuer.id,
  issuer: issuer.issuer,
  ...keySourceOf(issuer),
  jwks: issuer.jwks === null ? null : { keys: issuer.jwks.keys.map((jwk) => ({ ...jwk })) },
  algorithms: [...issuer.algorithms],
  allowAccessTokenType: issuer.allowAccessTokenType,
  replay: issuer.replay,
  staleIfErrorSeconds: issuer.staleIfErrorSeconds,
  caCertificates: issuer.caCertificates,
  status: issuer.status,
  platform: platformOf(deps, issuer.issuer),
  warnings: lintTrustedIssuer(issuer, deps.presets).map((warning) => ({ ...warning })),
  createdAt: toIso(issuer.createdAt),
  updatedAt: toIso(issuer.updatedAt),
});

const platformOf = (deps: Pick<AdminDependencies, 'presets'>, issuer: string) => {
  const preset = findPreset(deps.presets, issuer);
  if (preset === null) return null;
  const { name, title, shared, advice, recommendedConditions } = preset;
  return {
    name,
    title,
    shared,
    advice: [...advice],
    recommendedConditions: recommendedConditions.map((condition) => ({ ...condition })),
  };
};

const healthToWire = (health: KeyHealth): z.input<typeof keyHealthResource> => ({
  ok: health.lastError === null,
  source: health.source,
  jwksUri: health.jwksUri,
  keys: health.keys.map((key) => ({ kid: key.kid, kty: key.kty, alg: key.alg, thumbprint: key.thumbprint })),
  ignored: [...health.ignored],
  fetchedAt: toIsoOrNull(health.fetchedAt),
  freshUntil: toIsoOrNull(health.freshUntil),
  usableUntil: toIsoOrNull(health.usableUntil),
  lastAttemptAt: toIsoOrNull(health.lastAttemptAt),
  lastError: health.lastError,
  clockOffsetSeconds: health.clockOffsetSeconds,
});

/** The routes of `trusted-issuers`. */
export const trustedIssuerRoutes: readonly AdminRoute[] = [
  adminRoute('listTrustedIssuers', async (deps, { actor, query }) => {
    const { items, nextCursor } = await listTrustedIssuers(deps, actor, cursorOf(query));
    return ok({ body: { items: items.map((issuer) => toWire(deps, issuer)), nextCursor } });
  }),
  adminRoute('createTrustedIssuer', async (deps, { actor, body }) => {
    const issuer = await createTrustedIssuer(deps, actor, body);
    if (!issuer.ok) return issuer;
    return ok({
      body: toWire(deps, issuer.value),
      version: issuer.value.version,
      location: `/trusted-issuers/${issuer.value.id}`,
    });
  }),
  adminRoute('getTrustedIssuer', async (deps, { actor, params }) => {
    const found = await getTrustedIssuer(deps, actor, params.id);
    if (!found.ok) return found;
    const { trustedIssuer, keyHealth } = found.value;
    return ok({
      body: { ...toWire(deps, trustedIssuer), keyHealth: healthToWire(keyHealth) },
      version: trustedIssuer.version,
    });
  }),
  adminRoute('patchTrustedIssuer', async (deps, { actor, params, query, condition, body }) => {
    const issuer = await patchTrustedIssuer(deps, actor, params.id, condition, body, query.force);
    return issuer.ok ? ok({ body: toWire(deps, issuer.value), version: issuer.value.version }) : issuer;
  }),
  adminRoute('deleteTrustedIssuer', async (deps, { actor, params, condition }) => {
    const gone = await deleteTrustedIssuer(deps, actor, params.id, condition);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
  adminRoute('refreshTrustedIssuer', async (deps, { actor, params }) => {
    const health = await refreshTrustedIssuer(deps, actor, params.id);
    return health.ok ? ok({ body: healthToWire(health.value) }) : health;
  }),
];
