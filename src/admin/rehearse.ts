import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { Stores } from '../ports/stores.ts';
import type { AdminDependencies } from './dependencies.ts';

/** An act that is tried and not done. */
export interface Rehearsal {
  /** To act with. */
  readonly deps: AdminDependencies;
  /** The trusted issuers that would be registered by what was done with {@link deps} so far. */
  readonly newIssuers: readonly TrustedIssuer[];
}

/** Carries the result of a rehearsed transaction out of it, so that everything is rolled back. */
class CurtainFalls extends Error {
  readonly value: unknown;
  constructor(value: unknown) {
    super('rehearsed');
    this.value = value;
  }
}

/**
 * Dependencies with which an act of administration does all it does, conflicts with what is stored among it, and leaves
 * nothing behind: each transaction is rolled back, no activity is written, no revision grows and no node is told.
 */
export const createRehearsal = (deps: AdminDependencies): Rehearsal => {
  const newIssuers: TrustedIssuer[] = [];

  const watched = (stores: Stores): Stores => ({
    ...stores,
    revisions: { ...stores.revisions, bump: async () => undefined, describe: async () => undefined },
    activities: { ...stores.activities, append: async () => undefined },
    trustedIssuers: {
      ...stores.trustedIssuers,
      insert: async (issuer) => {
        await stores.trustedIssuers.insert(issuer);
        newIssuers.push(issuer);
      },
    },
  });

  const transaction = async <T>(work: (stores: Stores) => Promise<T>): Promise<T> => {
    try {
      return await deps.storage.transaction(async (stores) => {
        throw new CurtainFalls(await work(watched(stores)));
      });
    } catch (error) {
      if (error instanceof CurtainFalls) return error.value as T;
      throw error;
    }
  };

  return {
    deps: { ...deps, storage: { ...deps.storage, transaction }, changed: () => Promise.resolve() },
    newIssuers,
  };
};
