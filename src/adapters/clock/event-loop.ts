import { performance } from 'node:perf_hooks';

/** How long the event loop of this thread has waited for something to do, in milliseconds since it began. */
export const idleMilliseconds = (): number => performance.eventLoopUtilization().idle;
