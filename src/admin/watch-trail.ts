import { startRounds } from '../core/rounds.ts';
import type { TrailSeals } from '../keys/trail-seals.ts';
import type { TenantStore } from '../ports/stores.ts';
import type { TrailStore } from '../ports/trail-store.ts';
import { allTenants } from './all-tenants.ts';
import { renewCheckpoint } from './checkpoint.ts';
import { headsOf } from './verify-trail.ts';

/** What watching uses. */
export interface TrailWatch {
  readonly storage: {
    readonly tenants: Pick<TenantStore, 'list'>;
    readonly trail: Pick<TrailStore, 'state' | 'replaceCheckpoint'>;
  };
  readonly seals: TrailSeals;
  /** Where the heads go, so that they are kept somewhere the owner of the database cannot reach. */
  readonly log: { info(details: object, message: string): void };
  readonly reportFault: (error: unknown) => void;
}

/** More tenants than that are told of again although nothing moved. */
const maxRemembered = 10_000;

/**
 * Tells the log, for each tenant whose trail grew, how its chains end, once every `intervalMs` and at the stop; and signs
 * checkpoints anew before the key that signed them is published no longer.
 */
export const startTrailWatch = (
  { storage, seals, log, reportFault }: TrailWatch,
  intervalMs = 60_000,
): { readonly stop: () => Promise<void> } => {
  const told = new Map<string, string>();

  const look = async (tenant: string): Promise<void> => {
    const state = await storage.trail.state(tenant);
    const heads = headsOf(state);
    const text = JSON.stringify(heads);
    if (heads.length > 0 && told.get(tenant) !== text) {
      log.info({ tenant, heads }, 'heads of the trail');
      if (told.size >= maxRemembered) told.clear();
      told.set(tenant, text);
    }
    const renewed = await renewCheckpoint(seals, tenant, state);
    if (renewed !== null && state.checkpoint !== null)
      await storage.trail.replaceCheckpoint(tenant, state.checkpoint, renewed);
  };
  const round = async (): Promise<void> => {
    // One tenant whose keys cannot be read does not keep the others from their turn.
    for await (const { name } of allTenants(storage.tenants)) await look(name).catch(reportFault);
  };
  const rounds = startRounds(round, reportFault, intervalMs);
  return {
    stop: async () => {
      await rounds.stop();
      await round().catch(reportFault);
    },
  };
};
