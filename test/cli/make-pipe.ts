import { execFileSync } from 'node:child_process';

/** Makes a named pipe, for which Node has no call. */
export const makePipe = (path: string): void => void execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
