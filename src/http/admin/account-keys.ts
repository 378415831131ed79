import type * as z from 'zod';
import {
  createAccountKey,
  deleteAccountKey,
  getAccountKey,
  listAccountKeys,
  patchAccountKey,
} from '../../admin/account-keys.ts';
import type { AccountKeyRequest } from '../../admin/prepare-account-key.ts';
import type { accountKeyResource, firstAccountKey } from '../../admin-api/account-keys.ts';
import type { AccountKey } from '../../core/accounts/account-key.ts';
import type { JsonObject } from '../../core/json.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { pageOfAll } from './page-request.ts';
import { fromIso, toIso, toIsoOrNull } from './wire-time.ts';

const toWire = (key: AccountKey): z.input<typeof accountKeyResource> => ({
  id: key.id,
  kid: key.kid,
  thumbprint: key.thumbprint,
  algorithm: key.algorithm,
  publicKey: { ...key.publicJwk },
  status: key.status,
  expiresAt: toIsoOrNull(key.expiresAt),
  createdAt: toIso(key.createdAt),
  lastUsedAt: toIsoOrNull(key.lastUsedAt),
});

/** A key as the use cases want it. */
export const toAccountKeyRequest = (body: z.output<typeof firstAccountKey>): AccountKeyRequest => {
  if ('generate' in body) return { generate: body.generate, expiresAt: fromIso(body.expiresAt) };
  return {
    publicKey: typeof body.publicKey === 'string' ? body.publicKey : (body.publicKey as JsonObject),
    algorithm: body.algorithm ?? null,
    kid: body.kid ?? null,
    expiresAt: fromIso(body.expiresAt),
  };
};

/** The routes of the keys of service accounts. */
export const accountKeyRoutes: readonly AdminRoute[] = [
  adminRoute('listAccountKeys', async (deps, { actor, params, query }) => {
    const keys = await listAccountKeys(deps, actor, params.id);
    return keys.ok ? ok({ body: pageOfAll(keys.value.map(toWire), query) }) : keys;
  }),
  adminRoute('createAccountKey', async (deps, { actor, params, body }) => {
    const added = await createAccountKey(deps, actor, params.id, toAccountKeyRequest(body));
    if (!added.ok) return added;
    const { key, credentials } = added.value;
    return ok({
      body: { ...toWire(key), ...(credentials === null ? {} : { credentials }) },
      version: key.version,
      location: `/service-accounts/${key.accountId}/keys/${key.id}`,
    });
  }),
  adminRoute('getAccountKey', async (deps, { actor, params }) => {
    const key = await getAccountKey(deps, actor, params.id, params.keyId);
    return key.ok ? ok({ body: toWire(key.value), version: key.value.version }) : key;
  }),
  adminRoute('patchAccountKey', async (deps, { actor, params, query, condition, body }) => {
    const patch = { status: body.status, expiresAt: fromIso(body.expiresAt) };
    const key = await patchAccountKey(deps, actor, params.id, params.keyId, condition, patch, query.force);
    return key.ok ? ok({ body: toWire(key.value), version: key.value.version }) : key;
  }),
  adminRoute('deleteAccountKey', async (deps, { actor, params, query, condition }) => {
    const gone = await deleteAccountKey(deps, actor, params.id, params.keyId, condition, query.force);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
];
