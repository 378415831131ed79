// A generator of load as a process of its own: raw sockets and prepared bytes, for it has to be much faster than a server.
import { connect, type Socket } from 'node:net';
import { percentile } from '../statistics.ts';
import type { OpenLoopJob, OpenLoopResult, Slice } from './open-loop-job.ts';

interface Line {
  readonly socket: Socket;
  sentAt: number;
  /** Bytes of the answer that are still to come; -1 while none has come. */
  missing: number;
  status: number;
}

const sliceMs = 100;
/** How often it looks whether something is due. */
const tickMs = 1;
/** What is not yet measured, unless the job is short. */
const beginningMs = 1000;

const requestOf = (body: string): Buffer =>
  Buffer.from(
    `POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    'latin1',
  );

let requests: readonly Buffer[] = [];
let next = 0;

const run = async (job: OpenLoopJob): Promise<OpenLoopResult> => {
  if (job.bodies.length > 0) requests = job.bodies.map(requestOf);
  const counted = new Map<number, number[]>();
  const lateMs: number[] = [];
  const slices: { issued: number; refused: number }[] = [];
  const free: Line[] = [];
  let head = 0;
  const totals = { due: 0, sent: 0, withoutConnection: 0, broken: 0 };
  let startedAt = performance.now();
  let over = false;
  const open = new Set<Socket>();

  const note = (line: Line): void => {
    const now = performance.now();
    const since = now - startedAt;
    const index = Math.floor(since / sliceMs);
    while (slices.length <= index) slices.push({ issued: 0, refused: 0 });
    const slice = slices[index];
    if (slice !== undefined) slice[line.status === 200 ? 'issued' : 'refused'] += 1;
    if (job.onePerConnection !== true && since < beginningMs) return;
    const latencies = counted.get(line.status);
    if (latencies === undefined) counted.set(line.status, [now - line.sentAt]);
    else latencies.push(now - line.sentAt);
  };

  const send = (line: Line): void => {
    line.sentAt = performance.now();
    line.missing = -1;
    totals.sent += 1;
    line.socket.write(requests[next % requests.length] as Buffer);
    next += 1;
  };

  const read = (line: Line, chunk: Buffer): void => {
    if (line.missing === -1) {
      const end = chunk.indexOf('\r\n\r\n');
      line.status = Number(chunk.toString('latin1', 9, 12));
      const length = /content-length: (\d+)/i.exec(chunk.toString('latin1', 0, end))?.[1];
      line.missing = end + 4 + Number(length ?? 0);
    }
    line.missing -= chunk.length;
    if (line.missing > 0 || over) return;
    note(line);
    if (job.onePerConnection === true) return;
    if (job.perSecond === null) send(line);
    else free.push(line);
  };

  const openLine = (): Promise<Line | null> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: job.port, localAddress: job.from, noDelay: true });
      const line: Line = { socket, sentAt: 0, missing: 0, status: 0 };
      open.add(socket);
      socket.on('connect', () => resolve(line));
      socket.on('data', (chunk: Buffer) => read(line, chunk));
      socket.on('error', () => resolve(null));
      socket.on('close', () => {
        open.delete(socket);
        if (over) return;
        const index = free.indexOf(line, head);
        if (index === -1) totals.broken += 1;
        else free.splice(index, 1);
        // A client comes back: the load must not end because a connection does.
        if (job.onePerConnection !== true && job.perSecond !== null)
          void openLine().then((again) => (again === null ? undefined : free.push(again)));
      });
    });

  const lines: Line[] = [];
  // A few at a time, for the queue of the listener is not what is measured.
  while (lines.length < job.connections) {
    const some = Array.from({ length: Math.min(200, job.connections - lines.length) }, openLine);
    const opened = (await Promise.all(some)).filter((line) => line !== null);
    if (opened.length === 0) throw new Error('no connection to the server');
    lines.push(...opened);
  }

  startedAt = performance.now();
  if (job.onePerConnection === true || job.perSecond === null) {
    totals.due = lines.length;
    for (const line of lines) send(line);
  } else free.push(...lines);

  const endsAt = startedAt + job.seconds * 1000;
  const rate = job.perSecond;
  while (performance.now() < endsAt) {
    const looksAt = performance.now() + tickMs;
    await new Promise((resolve) => setTimeout(resolve, tickMs));
    if (performance.now() - startedAt >= beginningMs) lateMs.push(Math.max(0, performance.now() - looksAt));
    if (rate === null || job.onePerConnection === true) {
      if (job.onePerConnection === true && totals.broken + countOf(slices) >= lines.length) break;
      continue;
    }
    const due = Math.floor(((performance.now() - startedAt) / 1000) * rate);
    for (; totals.due < due; totals.due += 1) {
      const line = free[head];
      if (line === undefined) totals.withoutConnection += 1;
      else {
        head += 1;
        send(line);
      }
    }
    if (head > 10_000) {
      free.splice(0, head);
      head = 0;
    }
  }
  over = true;
  for (const socket of open) socket.destroy();
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    ...totals,
    seconds: job.onePerConnection === true ? seconds : seconds - beginningMs / 1000,
    slices,
    lateP99Ms: lateMs.length === 0 ? 0 : percentile(Float64Array.from(lateMs).sort(), 0.99),
    statuses: [...counted]
      .map(([status, latencies]) => {
        const sorted = Float64Array.from(latencies).sort();
        return {
          status,
          count: sorted.length,
          p50Ms: percentile(sorted, 0.5),
          p99Ms: percentile(sorted, 0.99),
          mostMs: percentile(sorted, 1),
        };
      })
      .toSorted((a, b) => a.status - b.status),
  };
};

const countOf = (slices: readonly Slice[]): number =>
  slices.reduce((sum, { issued, refused }) => sum + issued + refused, 0);

process.on('message', (job: OpenLoopJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ failure: (error as Error).stack }),
  );
});
process.on('disconnect', () => process.exit());
