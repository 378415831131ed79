import { fileURLToPath } from 'node:url';

/**
 * For the environment of a process of ours: the hundreds that a test run starts read what the first ones compiled. Node
 * checks it against the source each time.
 */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url)),
} as const;
