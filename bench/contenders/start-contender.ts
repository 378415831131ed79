import type { KnownIssuer } from '../the-exchange.ts';
import type { Contender, Registrations, ServerPlan } from './contender.ts';
import { startBureau } from './start-bureau.ts';
import { startProcess } from './start-process.ts';
import type { Surroundings } from './surroundings.ts';

/** Starts the server of a plan. */
export const startContender = (
  plan: ServerPlan,
  surroundings: Surroundings,
  registrations: Registrations,
  seedIssuers: readonly KnownIssuer[],
): Promise<Contender> =>
  plan.kind === 'bureau'
    ? startBureau(plan, surroundings, registrations, seedIssuers)
    : startProcess(plan.kind, surroundings, registrations);
