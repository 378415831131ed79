import type * as z from 'zod';
import {
  createCredentialProvider,
  deleteCredentialProvider,
  getCredentialProvider,
  listCredentialProviders,
  patchCredentialProvider,
} from '../../admin/credential-providers.ts';
import { tryCredentialProvider } from '../../admin/try-credential-provider.ts';
import type { credentialProviderResource } from '../../admin-api/credential-providers.ts';
import type { CredentialProvider } from '../../core/credential-providers/credential-provider.ts';
import type { JsonObject } from '../../core/json.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

const toWire = (provider: CredentialProvider): z.input<typeof credentialProviderResource> => ({
  id: provider.id,
  name: provider.name,
  description: provider.description,
  resourceSet: provider.resourceSet,
  serviceAccounts: [...provider.serviceAccounts],
  subject: { ...provider.subject },
  audience: provider.audience,
  lifetimeMinutes: provider.lifetimeMinutes,
  algorithm: provider.algorithm,
  claims: provider.claims.map((claim) => ({ ...claim })),
  createdAt: toIso(provider.createdAt),
  updatedAt: toIso(provider.updatedAt),
});

/** The routes of `credential-providers`. */
export const credentialProviderRoutes: readonly AdminRoute[] = [
  adminRoute('listCredentialProviders', async (deps, { actor, query }) => {
    const { items, nextCursor } = await listCredentialProviders(deps, actor, cursorOf(query));
    return ok({ body: { items: items.map(toWire), nextCursor } });
  }),
  adminRoute('createCredentialProvider', async (deps, { actor, body }) => {
    const provider = await createCredentialProvider(deps, actor, body);
    if (!provider.ok) return provider;
    const { id, version } = provider.value;
    return ok({ body: toWire(provider.value), version, location: `/credential-providers/${id}` });
  }),
  adminRoute('getCredentialProvider', async (deps, { actor, params }) => {
    const provider = await getCredentialProvider(deps, actor, params.id);
    return provider.ok ? ok({ body: toWire(provider.value), version: provider.value.version }) : provider;
  }),
  adminRoute('patchCredentialProvider', async (deps, { actor, params, condition, body }) => {
    const provider = await patchCredentialProvider(deps, actor, params.id, condition, body);
    return provider.ok ? ok({ body: toWire(provider.value), version: provider.value.version }) : provider;
  }),
  adminRoute('deleteCredentialProvider', async (deps, { actor, params, condition }) => {
    const gone = await deleteCredentialProvider(deps, actor, params.id, condition);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
  adminRoute('verifyCredentialProvider', async (deps, { actor, params, body }) => {
    const sample = { ...body, claims: body.claims as JsonObject | undefined };
    const trial = await tryCredentialProvider(deps, actor, params.id, sample);
    if (!trial.ok) return trial;
    const { ok: isGood, checks, svid } = trial.value;
    return ok({
      body: {
        ok: isGood,
        checks: checks.map((check) => ({ ...check })),
        header: svid === null ? null : { ...svid.header },
        claims: svid === null ? null : { ...svid.claims },
      },
    });
  }),
];
