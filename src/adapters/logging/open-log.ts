import pino, { type Logger } from 'pino';
import type { Clock } from '../../ports/clock.ts';
import type { LogRequest } from '../../ports/request-log.ts';
import { createLineWriter, openStandardOutput } from './line-writer.ts';
import { createRequestLines } from './request-lines.ts';

/** A log that is written without blocking the event loop. */
export interface Log {
  readonly logger: Logger;
  /** Writes the line of a request, at level `info`. */
  readonly logRequest: LogRequest;
  /** Begins to write what is still in memory. */
  readonly flush: () => void;
  /** Lines that could not be written, since the start. */
  readonly dropped: () => number;
  /** Writes what is still in memory, and ends. */
  readonly close: () => Promise<void>;
}

/**
 * Opens the log: JSON lines on stdout, no host name or process id of the machine's in them but the level, time and message.
 *
 * @param worker which of several processes of this server writes; `null` where it is the only one
 */
export const openLog = (level: string, clock: Pick<Clock, 'now'>, worker: number | null = null): Log => {
  const writer = createLineWriter({
    fd: openStandardOutput(),
    isShared: worker !== null,
    recovered: (lost) => logger.warn({ lost }, 'log lines were lost: nobody read them, or the disk was full'),
  });
  const timestamp = createTimestamp(clock);
  const single = pino({ level, base: null, timestamp, serializers: { err: describeFault } }, writer);
  const logger = worker === null ? single : single.child({ worker });
  return {
    logger,
    logRequest: logger.isLevelEnabled('info')
      ? createRequestLines({ write: writer.write, timestamp, worker })
      : () => undefined,
    flush: writer.flush,
    dropped: writer.dropped,
    close: writer.close,
  };
};

/** The member `time` of a line, ISO 8601 in milliseconds; what is the same for a whole second is written once a second. */
const createTimestamp = (clock: Pick<Clock, 'now'>): (() => string) => {
  let second = Number.NaN;
  let beginning = '';
  return () => {
    const now = clock.now();
    if (Math.floor(now / 1000) !== second) {
      second = Math.floor(now / 1000);
      beginning = `,"time":"${new Date(now).toISOString().slice(0, -4)}`;
    }
    return `${beginning}${String(now % 1000).padStart(3, '0')}Z"`;
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
