import { join } from 'node:path';
import { memoryOfProcess } from '../processes.ts';
import type { Contender, ContenderKind, Registrations } from './contender.ts';
import { clientIds, type ProcessReady } from './contender-process.ts';
import type { Surroundings } from './surroundings.ts';

/** Starts a contender that is a program of the harness, held to the server's core. */
export const startProcess = async (
  kind: Exclude<ContenderKind, 'bureau'>,
  { nursery, folder, cores, nodeOptions }: Surroundings,
  registrations: Registrations,
): Promise<Contender> => {
  const child = nursery.start({
    program: new URL(`./${kind}-process.ts`, import.meta.url),
    core: cores?.server ?? null,
    nodeOptions,
    cwd: folder,
    outputFile: join(folder, `${kind}.log`),
    talks: true,
  });
  const { issuer, jwksUri } = await child.ask<ProcessReady>(registrations);
  return {
    kind,
    tokenUrls: [`${issuer}/token`],
    issuer,
    jwksUri,
    serverPids: [child.pid],
    databasePids: [],
    kept: ['s'],
    ownKey: { clientId: clientIds.ownKey, audience: issuer },
    // oidc-provider wants a client_id; the other one does not mind.
    exchangeMembers: { client_id: clientIds.federated },
    bytesAtRest: memoryOfProcess(child.pid),
    change: null,
    stop: async () => {
      await child.stop();
      return null;
    },
  };
};
