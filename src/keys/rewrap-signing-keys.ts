import type { SigningKey } from '../core/signing-keys/signing-key.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewId } from '../ports/identifiers.ts';
import type { RewrapKey } from '../ports/rewrap-key.ts';
import type { Storage } from '../ports/storage.ts';
import type { Stores } from '../ports/stores.ts';
import { buildRotationActivity } from './rotation-activity.ts';

/** What rewrapping uses. */
export interface Rewrapping {
  readonly storage: Pick<Storage, 'transaction'>;
  readonly rewrap: RewrapKey;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
}

/** How many keys were encrypted anew, and how many needed nothing. */
export interface Rewrapped {
  readonly rewrapped: number;
  /** Under the new key-encryption key already, or in a token that keeps them by itself. */
  readonly unchanged: number;
}

/** Thrown where the server was not stopped: a key changed while it was being rewrapped. Nothing was changed. */
export class KeysInUse extends Error {
  override readonly name = 'KeysInUse';
}

const pageSize = 100;

/**
 * Encrypts every stored signing key of every tenant under a new key-encryption key, in one transaction: all of them, or
 * none. What is encrypted under the new one already stays as it is, so it may be run again.
 *
 * @throws {CannotOpenSigningKey} for a key that neither the old nor the new key-encryption key opens; {@link KeysInUse}
 */
export const rewrapSigningKeys = (deps: Rewrapping): Promise<Rewrapped> =>
  deps.storage.transaction(async (stores) => {
    let rewrapped = 0;
    let unchanged = 0;
    for await (const tenant of tenantNames(stores)) {
      const keys = await stores.signingKeys.listOf(tenant);
      const changed = await rewrapTenant(deps.rewrap, stores, keys);
      rewrapped += changed;
      unchanged += keys.length - changed;
      if (changed === 0) continue;
      await stores.revisions.bump(tenant);
      const details = { keys: changed };
      await stores.activities.append([
        buildRotationActivity(deps, tenant, { step: 'rewrap', actor: null, sourceAddress: null, details }),
      ]);
    }
    return { rewrapped, unchanged };
  });

async function* tenantNames({ tenants }: Pick<Stores, 'tenants'>): AsyncGenerator<string> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Stores['tenants']['list']>> = await tenants.list({
      limit: pageSize,
      cursor,
    });
    for (const { name } of page.items) yield name;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

const rewrapTenant = async (
  rewrap: RewrapKey,
  { signingKeys }: Pick<Stores, 'signingKeys'>,
  keys: readonly SigningKey[],
): Promise<number> => {
  let changed = 0;
  for (const key of keys) {
    const sealed = rewrap(key);
    if (sealed === null) continue;
    if (!(await signingKeys.reseal(key.tenant, key.kid, key.sealedPrivateKey, sealed)))
      throw new KeysInUse('a signing key changed at the same time: stop every server first');
    changed += 1;
  }
  return changed;
};
