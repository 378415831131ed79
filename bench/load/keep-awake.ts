import { spawn } from 'node:child_process';
import { idleLauncherOn } from '../cores.ts';

/** Ends by itself, whatever becomes of the harness. */
const atMostSeconds = 120;

/**
 * Keeps a core from going to sleep, by work that gives way to everything else: a virtual core that sleeps comes back cold,
 * and what a server with pauses takes is then mostly the machine's.
 *
 * @returns ends it; `null` where that is not possible, and then nothing was begun
 */
export const keepAwake = (core: number | null): (() => void) | null => {
  const launcher = idleLauncherOn(core);
  if (launcher === null) return null;
  const [command = '', ...args] = launcher;
  const turns = `for (const end = Date.now() + ${atMostSeconds * 1000}; Date.now() < end;);`;
  const child = spawn(command, [...args, process.execPath, '-e', turns], { stdio: 'ignore' });
  return () => void child.kill('SIGKILL');
};
