import { get } from 'node:http';

/** How health answered while something went on. */
export interface HealthFindings {
  readonly asked: number;
  /** Answers other than 200, and none within five seconds. */
  readonly notGreen: number;
  readonly p50Ms: number;
  readonly mostMs: number;
}

const ask = (port: number, path: string): Promise<{ readonly green: boolean; readonly ms: number }> =>
  new Promise((resolve) => {
    const startedAt = performance.now();
    const finish = (green: boolean): void => resolve({ green, ms: performance.now() - startedAt });
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: 5000 }, (response) => {
      response.resume().on('end', () => finish(response.statusCode === 200));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => finish(false));
  });

/** Asks `/livez` and `/readyz` in turn, each time over a new connection, until `during` is over. */
export const probeHealth = async <T>(
  port: number,
  during: Promise<T>,
): Promise<{ readonly result: T; readonly health: HealthFindings }> => {
  const found: { green: boolean; ms: number }[] = [];
  let over = false;
  const finished = during.finally(() => {
    over = true;
  });
  while (!over) {
    found.push(await ask(port, found.length % 2 === 0 ? '/livez' : '/readyz'));
    await Promise.race([finished.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  const times = found.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    result: await finished,
    health: {
      asked: found.length,
      notGreen: found.filter(({ green }) => !green).length,
      p50Ms: times[Math.floor(times.length / 2)] ?? 0,
      mostMs: times.at(-1) ?? 0,
    },
  };
};
