import type { LogRequest } from '../../ports/request-log.ts';

/** What lines of requests have in common with all others of the log. */
export interface RequestLinesOptions {
  readonly write: (line: string) => void;
  /** The member `time`, with the comma before it. */
  readonly timestamp: () => string;
  /** Which of several processes writes, if there are several. */
  readonly worker: number | null;
}

/**
 * The one line that is written for every request, as pino would write it at level `info` and at once: pino turns each name and
 * each value of it into JSON by itself, which takes longer than all else the frame does for a request.
 */
export const createRequestLines = ({ write, timestamp, worker }: RequestLinesOptions): LogRequest => {
  const bindings = worker === null ? '' : `,"worker":${worker}`;
  return (request) =>
    write(`{"level":30${timestamp()}${bindings},${JSON.stringify(request).slice(1, -1)},"msg":"request"}\n`);
};
