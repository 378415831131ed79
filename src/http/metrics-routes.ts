import type { FastifyInstance } from 'fastify';

/** Gives the metrics in Prometheus's text format. */
export interface MetricsSource {
  readonly contentType: string;
  render(): Promise<string>;
}

/** `GET /metrics` (contract §2). */
export const registerMetricsRoute = (app: FastifyInstance, metrics: MetricsSource): void => {
  app.get('/metrics', async (_request, reply) =>
    reply
      .header('content-type', metrics.contentType)
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .send(await metrics.render()),
  );
};
