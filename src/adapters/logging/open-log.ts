import pino, { type Logger } from 'pino';

/** A log that is written without blocking the event loop and flushed at the end. */
export interface Log {
  readonly logger: Logger;
  /** Writes out what is still in memory. */
  flush(): void;
}

/** How long a line may stay in memory: lines are written together, for a write each would cost as much as a signature. */
const flushEveryMs = 200;

/** The most bytes kept for a reader of stdout that does not read; beyond it lines are dropped, never memory. */
const mostBytes = 16 * 1024 * 1024;

/** Opens the log: JSON lines on stdout, no host name or process id of the machine's in them but the level, time and message. */
export const openLog = (level: string): Log => {
  const destination = pino.destination({
    dest: 1,
    sync: false,
    minLength: 4096,
    maxLength: mostBytes,
    periodicFlush: flushEveryMs,
  });
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeFault } },
    destination,
  );
  return {
    logger,
    flush: () => {
      try {
        destination.flushSync();
      } catch {
        // The destination was never opened, or stdout is gone: there is nothing left to say it to.
      }
    },
  };
};

/** A fault without the values that drivers hang on their errors (rows, parameters, URLs with passwords: RS-12, A102). */
const describeFault = (error: unknown): object => {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  const code = (error as NodeJS.ErrnoException).code;
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    stack,
    ...(cause === undefined ? {} : { cause: describeFault(cause) }),
  };
};
