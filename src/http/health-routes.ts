import type { FastifyInstance } from 'fastify';
import type { Clock } from '../ports/clock.ts';

/** One part the server cannot do without. Resolves when it works, throws what is wrong. */
export interface VitalPart {
  readonly name: string;
  readonly check: () => Promise<void>;
}

/** What the health routes use. */
export interface HealthDependencies {
  readonly parts: readonly VitalPart[];
  /** True from the first SIGTERM on (B06). */
  readonly isStopping: () => boolean;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Of the moment, and nothing to guess a type from (A95). */
const plainHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** How long one part may take to answer. */
const patienceMs = 2000;

/** How long an answer is good: whoever asks more often than a balancer costs the store nothing. */
const rememberedMs = 1000;

/** `GET /livez`: the process answers. `GET /readyz`: every vital part works, or 503 with the failing one named (contract §2). */
export const registerHealthRoutes = (
  app: FastifyInstance,
  { parts, isStopping, clock }: HealthDependencies,
): void => {
  app.get('/livez', async (_request, reply) => reply.headers(plainHeaders).send({ status: 'alive' }));
  let remembered: { readonly at: number; readonly failing: Promise<readonly string[]> } | null = null;
  const failingParts = (): Promise<readonly string[]> => {
    const now = clock.monotonic();
    if (remembered === null || now - remembered.at >= rememberedMs)
      remembered = { at: now, failing: Promise.all(parts.map(failingName)).then((names) => names.flat()) };
    return remembered.failing;
  };
  app.get('/readyz', async (_request, reply) => {
    reply.headers(plainHeaders);
    if (isStopping()) return reply.code(503).send({ status: 'not ready', failing: ['stopping'] });
    const failing = await failingParts();
    return failing.length === 0
      ? reply.send({ status: 'ready' })
      : reply.code(503).send({ status: 'not ready', failing });
  });
};

/** The name of the part when it fails or does not answer in time, else nothing. */
const failingName = async (part: VitalPart): Promise<readonly string[]> => {
  let timer: NodeJS.Timeout | undefined;
  const outOfPatience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('out of patience')), patienceMs);
  });
  try {
    await Promise.race([part.check(), outOfPatience]);
    return [];
  } catch {
    return [part.name];
  } finally {
    clearTimeout(timer);
  }
};
