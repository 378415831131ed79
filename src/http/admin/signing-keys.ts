import type * as z from 'zod';
import {
  listSigningKeys,
  revokeSigningKey,
  rotateNow,
  type SigningKeyView,
} from '../../admin/signing-keys.ts';
import type { signingKeysResource } from '../../admin-api/signing-keys.ts';
import { ok } from '../../core/result.ts';
import { publishKey } from '../../core/signing-keys/published-keys.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { pageOfAll } from './page-request.ts';
import { toIso, toIsoOrNull } from './wire-time.ts';

const toWire = (
  views: readonly SigningKeyView[],
  nextCursor: string | null = null,
): z.input<typeof signingKeysResource> => ({
  items: views.map(({ key, ageSeconds, next }) => ({
    kid: key.kid,
    purpose: key.purpose,
    algorithm: key.algorithm,
    state: key.state,
    publicKey: { ...publishKey(key) },
    ageSeconds,
    createdAt: toIso(key.createdAt),
    activatedAt: toIsoOrNull(key.activatedAt),
    retiredAt: toIsoOrNull(key.retiredAt),
    next: { state: next.state, at: toIso(next.at) },
  })),
  nextCursor,
});

/** The routes of `signing-keys`. */
export const signingKeyRoutes: readonly AdminRoute[] = [
  adminRoute('listSigningKeys', async (deps, { actor, query }) => {
    const views = await listSigningKeys(deps, actor);
    const { items, nextCursor } = pageOfAll(
      views.map((view) => ({ ...view, id: view.key.kid })),
      query,
    );
    return ok({ body: toWire(items, nextCursor) });
  }),
  adminRoute('rotateSigningKeys', async (deps, { actor, body }) => {
    const keys = await rotateNow(deps, actor, body ?? {});
    return keys.ok ? ok({ body: toWire(keys.value) }) : keys;
  }),
  adminRoute('revokeSigningKey', async (deps, { actor, params }) => {
    const keys = await revokeSigningKey(deps, actor, params.kid);
    return keys.ok ? ok({ body: toWire(keys.value) }) : keys;
  }),
];
