import type { Findings } from '../findings.ts';
import { cpuOf, rateOf } from '../report/figures.ts';
import { median } from '../statistics.ts';
import type { EntrantResult } from '../subject-result.ts';

/** One or more processes on one PostgreSQL, as measured. */
export interface MeasuredCluster {
  readonly nodes: number;
  readonly perSecond: number;
  /** CPU seconds of one exchange: on all nodes together, in the database, in the process that asks. */
  readonly serverSeconds: number;
  readonly databaseSeconds: number;
  readonly loadSeconds: number;
  /** CPU seconds of one change: on all nodes together, and in the database. */
  readonly change: { readonly serverSeconds: number; readonly databaseSeconds: number };
}

/** What the model is made of, each part measured. CPU times are of one core of the machine of the run. */
export interface Parts {
  readonly clusters: readonly MeasuredCluster[];
  /** CPU seconds of an exchange with the embedded store, everything included. */
  readonly embeddedSeconds: number;
  /** The same at the own-key door, and on PostgreSQL. */
  readonly ownKey: {
    readonly embeddedSeconds: number;
    readonly serverSeconds: number;
    readonly databaseSeconds: number;
  };
  /** What one activity takes on disk with its indexes, in bytes, in each store. */
  readonly bytesOfActivity: { readonly embedded: number; readonly postgresql: number };
}

/** Thrown where the findings lack a part. */
export class PartMissing extends Error {
  override readonly name = 'PartMissing';
}

/** Takes the parts from the findings of a full run; throws {@link PartMissing}. */
export const takeParts = (findings: Findings): Parts => {
  const subject = (name: string) => {
    const found = findings.subjects.find((one) => one.name === name);
    if (found?.kind !== 'load')
      throw new PartMissing(`there are no figures of "${name}": run it with --full`);
    return found;
  };
  const entrantOf = (name: string, place: number): EntrantResult =>
    orMissing(subject(name).entrants[place], `row ${place + 1} of "${name}"`);
  const embedded = entrantOf('postgresql', 0);
  const [ownEmbedded, ownPostgres] = [entrantOf('postgresql', 2), entrantOf('postgresql', 3)];
  // Of subjects without assertions, whose single use is noted as well.
  const bytesIn = (name: string): number => {
    const { grownBytes, activities } = orMissing(subject(name).durability[0], `what is kept of "${name}"`);
    return grownBytes / activities;
  };
  return {
    clusters: subject('nodes').entrants.map(measuredCluster),
    embeddedSeconds: serverSeconds(embedded),
    ownKey: {
      embeddedSeconds: serverSeconds(ownEmbedded),
      serverSeconds: serverSeconds(ownPostgres),
      databaseSeconds: databaseSeconds(ownPostgres),
    },
    bytesOfActivity: { embedded: bytesIn('rs256'), postgresql: bytesIn('nodes') },
  };
};

const orMissing = <T>(value: T | null | undefined, what: string): T => {
  if (value === null || value === undefined) throw new PartMissing(`${what} was not measured`);
  return value;
};

const serverSeconds = ({ name, rounds }: EntrantResult): number =>
  orMissing(cpuOf(rounds), `the CPU time of "${name}"`);
const databaseSeconds = ({ name, rounds }: EntrantResult): number =>
  orMissing(cpuOf(rounds, 'databaseCpuSeconds'), `the CPU time of the database of "${name}"`);

const measuredCluster = (entrant: EntrantResult): MeasuredCluster => {
  const { server, rounds, change, name } = entrant;
  const { serverSeconds: ofNodes, databaseSeconds: ofDatabase } = orMissing(change, `a change on "${name}"`);
  return {
    nodes: server.kind === 'bureau' ? (server.nodes ?? 1) : 1,
    perSecond: median(rounds.map(rateOf)),
    serverSeconds: serverSeconds(entrant),
    databaseSeconds: databaseSeconds(entrant),
    loadSeconds: median(rounds.map(({ loadCpuSeconds, answers }) => loadCpuSeconds / answers)),
    change: { serverSeconds: ofNodes, databaseSeconds: ofDatabase ?? 0 },
  };
};
