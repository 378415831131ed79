import { connect } from 'node:net';
import { sendRaw } from '../../test/support/raw-http.ts';
import { openFiles, secondsUntilClosed, startHolder } from './hold-connections.ts';
import { compare, type NeighbourFindings, type Stage } from './neighbours.ts';
import { type HealthFindings, probeHealth } from './probe-health.ts';
import { of } from './saturation.ts';

/** What the server did to the slow connections of a kind. */
export interface SlowFindings {
  readonly way: 'headers' | 'body' | 'read';
  readonly opened: number;
  /** Seconds from the last that was opened until the server had closed all; `null`: not within 25. */
  readonly closedAfter: number | null;
}

const slowWays = [
  ['headers', 1000],
  ['body', 1000],
  // Each of them holds megabytes of the kernel's memory.
  ['read', 100],
] as const;

/** 1,000 connections each of slow headers and slow bodies and 100 slow readers (A89). */
export const holdSlowly = (
  stage: Stage,
  perSecond: number,
): Promise<{ readonly findings: NeighbourFindings; readonly result: readonly SlowFindings[] }> =>
  compare(
    stage,
    perSecond,
    () =>
      Promise.all(
        slowWays.map(async ([way, count], index) => {
          const { port } = stage.server;
          const holder = startHolder();
          const from = `127.0.0.${10 + index}`;
          const { opened } = await holder.hold({ port, from, count, way });
          const closedAfter = await secondsUntilClosed(port, from, 25);
          holder.stop();
          return { way, opened, closedAfter: closedAfter === null ? null : closedAfter + 0.5 };
        }),
      ),
    27,
  );

/** What 20,000 connections did (A90). */
export interface FloodFindings {
  readonly tried: number;
  /** Held at once by the server, at most. */
  readonly held: number;
  /** Good requests a second over connections that were there before, and over new ones, while it lasted. */
  readonly grantedBeside: number;
  readonly health: HealthFindings;
  /** From the end of the flood until a new connection is served. */
  readonly recoveryMs: number;
}

/** 20,000 idle connections from two addresses, while others want to be served. */
export const floodWithConnections = async ({ server, generator, good }: Stage): Promise<FloodFindings> => {
  const holders = [startHolder(), startHolder()];
  const before = openFiles(server.pid);
  const flood = Promise.all(
    holders.map((holder, index) =>
      holder.hold({ port: server.port, from: `127.0.0.${20 + index}`, count: 10_000, way: 'idle' }),
    ),
  );
  const { health } = await probeHealth(server.port, flood);
  const held = openFiles(server.pid) - before;
  const load = await generator.run({
    port: server.port,
    from: '127.0.0.1',
    connections: 64,
    perSecond: 200,
    seconds: 3,
    bodies: good,
  });
  await Promise.all(holders.map((holder) => holder.release()));
  const endedAt = performance.now();
  while ((await fetch(`http://127.0.0.1:${server.port}/readyz`).catch(() => null))?.status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const recoveryMs = performance.now() - endedAt;
  for (const holder of holders) holder.stop();
  return { tried: 20_000, held, grantedBeside: of(load, 200).count / load.seconds, health, recoveryMs };
};

/** What became of 1,000 requests in one breath on one connection (A90). */
export interface PipelineFindings {
  readonly statuses: Readonly<Record<number, number>>;
  readonly recoveryMs: number;
}

/** The statuses of what comes back for so many requests, until all are answered, the connection ends or ten seconds are over. */
const answersTo = (port: number, text: string, count: number): Promise<readonly number[]> =>
  new Promise((resolve) => {
    let received = '';
    const statuses = (): number[] =>
      [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(statuses());
    };
    const timer = setTimeout(finish, 10_000);
    const socket = connect({ host: '127.0.0.1', port }, () => void socket.write(text));
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (chunk.includes('HTTP/1.1') && statuses().length >= count) finish();
    });
    socket.on('error', () => undefined);
    socket.on('close', finish);
  });

/** 1,000 good requests, one behind the other, without waiting for an answer. */
export const pipeline = async ({ server, good }: Stage): Promise<PipelineFindings> => {
  const url = `http://127.0.0.1:${server.port}`;
  const body = good[0] ?? '';
  const request = `POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const statuses = await answersTo(server.port, request.repeat(1000), 1000);
  const startedAt = performance.now();
  const next = await sendRaw(url, request.replace('Host: x', 'Host: x\r\nConnection: close'));
  if (next.statuses[0] !== 200) throw new Error(`after the pipeline: ${next.text}`);
  return {
    statuses: Object.fromEntries(
      [...Map.groupBy(statuses, (status) => status)].map(([status, all]) => [status, all.length]),
    ),
    recoveryMs: performance.now() - startedAt,
  };
};
