import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Holds a program to cores; comes with Linux (util-linux, BusyBox), not with a package of ours. */
const taskset = 'taskset';

/** The cores the two sides are held to; `null` where that is not possible, and then the report says so. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** Takes two cores of those this process may use, of different physical cores where there are such. */
export const chooseCores = (): Cores | null => {
  if (process.platform !== 'linux') return null;
  if (spawnSync(taskset, ['-c', '-p', String(process.pid)], { stdio: 'ignore' }).status !== 0) return null;
  const status = readFileSync('/proc/self/status', 'utf8');
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
  const server = allowed.at(-1);
  if (server === undefined) return null;
  const others = allowed.filter((core) => core !== server);
  const load = others.find((core) => !siblingsOf(server).includes(core)) ?? others[0];
  return load === undefined ? null : { server, load };
};

/** Whether two cores are threads of one physical core and so share its units. */
export const areSiblings = ({ server, load }: Cores): boolean => siblingsOf(server).includes(load);

/** What stands before a command to hold it to one core; nothing when `core` is `null`. */
export const launcherOn = (core: number | null): readonly string[] =>
  core === null ? [] : [taskset, '-c', String(core)];

/** What stands before a command that is to run on a core only while nobody else wants it (SCHED_IDLE); `null` where that is not possible. */
export const idleLauncherOn = (core: number | null): readonly string[] | null => {
  const giveWay = ['chrt', '--idle', '0'];
  const isPossible =
    core !== null &&
    spawnSync(giveWay[0] ?? '', [...giveWay.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
  return isPossible ? [...giveWay, ...launcherOn(core)] : null;
};

/** The command that runs Node with these arguments on one core, or on any when `core` is `null`. */
export const nodeOnCore = (
  core: number | null,
  args: readonly string[],
): readonly [command: string, args: readonly string[]] => {
  const [command = '', ...rest] = [...launcherOn(core), process.execPath, ...args];
  return [command, rest];
};

/** `0-3,8` as 0, 1, 2, 3, 8. */
export const parseCpuList = (text: string): readonly number[] =>
  text
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });

const siblingsOf = (core: number): readonly number[] => {
  try {
    const path = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`;
    return parseCpuList(readFileSync(path, 'utf8').trim());
  } catch {
    return [core];
  }
};
