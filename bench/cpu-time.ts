import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second whatever the kernel's own tick is (USER_HZ). */
const ticksPerSecond = 100;

/** CPU seconds a process has used, all its threads together; `null` where the system does not tell. */
export const cpuSecondsOfProcess = (pid: number): number | null => sumOfTimes(pid, [11, 12]);

/** The same, with what children had used that are over: without it a child that ends would take its time away again. */
export const cpuSecondsWithChildrenOver = (pid: number): number | null => sumOfTimes(pid, [11, 12, 13, 14]);

/** Fields of `/proc/PID/stat`, counted from behind the name. */
const sumOfTimes = (pid: number, places: readonly number[]): number | null => {
  try {
    // The name, in brackets, may hold anything, blanks too; the fields after it are counted from the last bracket.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ');
    return places.reduce((sum, place) => sum + Number(fields[place]), 0) / ticksPerSecond;
  } catch {
    return null;
  }
};

/** What a core has done since the machine started, in seconds. */
export interface CoreTime {
  /** In processes, their system calls included; interrupts not. */
  readonly processes: number;
  /** Taken by the hypervisor for other machines. */
  readonly stolen: number;
}

/** Times of one core; `null` where the system does not tell. */
export const timeOfCore = (core: number): CoreTime | null => {
  try {
    const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1];
    if (line === undefined) return null;
    const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = line.trim().split(/\s+/).map(Number);
    return { processes: (user + nice + system) / ticksPerSecond, stolen: stolen / ticksPerSecond };
  } catch {
    return null;
  }
};
