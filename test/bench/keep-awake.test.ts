import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { chooseCores, idleLauncherOn } from '../../bench/cores.ts';
import { keepAwake } from '../../bench/load/keep-awake.ts';

it('without a core to hold it to, nothing is begun', () => {
  expect(idleLauncherOn(null)).toBeNull();
  expect(keepAwake(null)).toBeNull();
});

const core = chooseCores()?.server ?? null;
const launcher = idleLauncherOn(core);

// Needs taskset and chrt, which Linux has and others do not.
it.runIf(launcher !== null)(
  'what gives way to everything else has the policy SCHED_IDLE and the one core',
  () => {
    const [command = '', ...args] = launcher ?? [];
    const stat = execFileSync(command, [...args, 'cat', '/proc/self/stat'], { encoding: 'utf8' });
    // proc(5): field 41 is the policy, counted from the third, behind the name; SCHED_IDLE is 5.
    expect(stat.split(') ')[1]?.split(' ')[38]).toBe('5');
    const status = execFileSync(command, [...args, 'cat', '/proc/self/status'], { encoding: 'utf8' });
    expect(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]).toBe(String(core));
    expect(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[38]).not.toBe('5');
  },
);
