import { cpuSecondsOfProcess, cpuSecondsWithChildrenOver, timeOfCore } from '../cpu-time.ts';
import { memoryOfProcess, processesBelow } from '../processes.ts';
import type { LoadJob, LoadResult } from './load-job.ts';

/** CPU time as the system counts it at one moment, in seconds. */
interface Reading {
  readonly load: number;
  readonly server: number | null;
  readonly database: number | null;
  /** Of the watched cores together. */
  readonly processes: number | null;
  readonly stolen: number | null;
}

/** Counters of one round; `read` is called at its beginning and at its end. */
export const createCounters = ({
  serverPids,
  databasePids,
  cores,
}: Pick<LoadJob, 'serverPids' | 'databasePids' | 'cores'>) => {
  // Looked up before the round, for it takes a while; no server starts children while tokens are issued.
  const servers = processesBelow(serverPids);
  return {
    read: (): Reading => {
      const { user, system } = process.cpuUsage();
      const times = (cores ?? []).map(timeOfCore);
      const known = times.filter((time) => time !== null);
      const all = known.length > 0 && known.length === times.length;
      return {
        load: (user + system) / 1e6,
        server: total(servers, cpuSecondsOfProcess),
        // A database has a process for each connection, and connections come and go.
        database: total(processesBelow(databasePids), cpuSecondsWithChildrenOver),
        processes: all ? known.reduce((sum, time) => sum + time.processes, 0) : null,
        stolen: all ? known.reduce((sum, time) => sum + time.stolen, 0) : null,
      };
    },
    serverBytes: (): number | null => total(servers, memoryOfProcess),
  };
};

const total = (pids: readonly number[], read: (pid: number) => number | null): number | null =>
  pids.reduce<number | null>((sum, pid) => {
    const value = read(pid);
    return sum === null || value === null ? null : sum + value;
  }, 0);

/** What was used between two readings. */
export const differenceOf = (
  before: Reading,
  after: Reading,
): Pick<LoadResult, 'loadCpuSeconds' | 'serverCpuSeconds' | 'databaseCpuSeconds' | 'disturbanceSeconds'> => {
  const between = (name: keyof Reading): number | null => {
    const [from, to] = [before[name], after[name]];
    return from === null || to === null ? null : to - from;
  };
  const loadCpuSeconds = after.load - before.load;
  const serverCpuSeconds = between('server');
  const databaseCpuSeconds = between('database');
  const [processes, stolen] = [between('processes'), between('stolen')];
  return {
    loadCpuSeconds,
    serverCpuSeconds,
    databaseCpuSeconds,
    disturbanceSeconds:
      processes === null || stolen === null || serverCpuSeconds === null
        ? null
        : Math.max(0, processes - serverCpuSeconds - loadCpuSeconds - (databaseCpuSeconds ?? 0)) + stolen,
  };
};
