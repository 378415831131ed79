import type { FastifyInstance } from 'fastify';

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
}

/** Of the moment, and nothing to guess a type from (A95). */
const plainHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** How long one part may take to answer. */
const patienceMs = 2000;

/** `GET /livez`: the process answers. `GET /readyz`: every vital part works, or 503 with the failing one named (contract §2). */
export const registerHealthRoutes = (
  app: FastifyInstance,
  { parts, isStopping }: HealthDependencies,
): void => {
  app.get('/livez', async (_request, reply) => reply.headers(plainHeaders).send({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    reply.headers(plainHeaders);
    if (isStopping()) return reply.code(503).send({ status: 'not ready', failing: ['stopping'] });
    const failing = (await Promise.all(parts.map(failingName))).filter((name) => name !== null);
    return failing.length === 0
      ? reply.send({ status: 'ready' })
      : reply.code(503).send({ status: 'not ready', failing });
  });
};

const failingName = async (part: VitalPart): Promise<string | null> => {
  let timer: NodeJS.Timeout | undefined;
  const outOfPatience = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(part.name), patienceMs);
  });
  try {
    return await Promise.race([part.check().then(() => null), outOfPatience]);
  } catch {
    return part.name;
  } finally {
    clearTimeout(timer);
  }
};
