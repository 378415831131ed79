// What operators are told of the signing keys.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { createTenantSigningKeys } from '../../src/keys/create-signing-keys.ts';
import { createKeyRing } from '../../src/keys/key-ring-view.ts';
import { defaultPolicies, keyRingParts } from '../support/key-ring-parts.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemorySigningKeys } from '../support/memory-signing-keys.ts';

const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });

describe('the states of the key ring', () => {
  it('are those of the active keys of tenants that are known, and reading them reads no store', async () => {
    const clock = createManualClock();
    const rows = await createTenantSigningKeys({ backend, clock }, 'default');
    const store = createMemorySigningKeys(rows);
    const ring = createKeyRing({ ...keyRingParts, signingKeys: store, backend, clock });
    expect(ring.states()).toEqual([]);
    await ring.load('default');
    const since = clock.now();
    const { rotateAfterMs, publishAheadMs } = defaultPolicies['access-token'];
    expect(ring.states()).toEqual(
      rows.map(({ purpose, algorithm }) => ({
        tenant: 'default',
        purpose,
        algorithm,
        signsSince: since,
        retiresAt: since + rotateAfterMs,
      })),
    );

    // A successor decides when the key before it retires.
    const [row] = rows;
    clock.advance(5000);
    const [successor] = await createTenantSigningKeys({ backend, clock }, 'default');
    if (row === undefined || successor === undefined) throw new Error('no keys');
    store.set('default', [...rows, { ...successor, state: 'prepared', activatedAt: null }]);
    await ring.reload('default');
    const reads = store.reads();
    const state = ring
      .states()
      .find(({ purpose, algorithm }) => purpose === row.purpose && algorithm === row.algorithm);
    expect(state).toMatchObject({ signsSince: since, retiresAt: since + 5000 + publishAheadMs });
    store.breakWith(new Error('down'));
    expect(ring.states()).toHaveLength(rows.length);
    expect(store.reads()).toBe(reads);
  });
});
