import { loadOnce } from '../../core/load-once.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsSources } from '../../ports/metrics-sources.ts';
import type { TokenMetrics } from '../../ports/token-metrics.ts';
import type { Message } from '../../ports/siblings.ts';
import { registerActivityMetrics } from './activity-metrics.ts';
import { Counter, Gauge, Registry } from './client.ts';
import { registerIssuerKeyMetrics } from './issuer-key-metrics.ts';
import { registerLoadMetrics } from './load-metrics.ts';
import { createNodeMetrics } from './node-metrics.ts';
import { createReplayGuardMetrics, type UseCounts } from './replay-guard-metrics.ts';
import { createRequestMetrics } from './request-metrics.ts';
import { registerSigningKeyMetrics } from './signing-key-metrics.ts';
import { registerStoreMetrics } from './store-metrics.ts';

/** Metrics of one server, and their text. */
export interface PrometheusMetrics {
  readonly token: TokenMetrics;
  readonly uses: UseCounts;
  readonly contentType: string;
  /** The values of this process, to be sent to another one. */
  snapshot(): Promise<Message>;
  /** The text of this process, and of the other processes of this node whose snapshots are given. */
  render(others?: readonly Message[]): Promise<string>;
}

/**
 * Prometheus metrics whose labels all have a bounded number of values, none of them from a token that was not verified.
 * What has a state is looked up when it is asked for; nothing runs in between, and what watches over Node itself begins with
 * the first who asks.
 */
export const createPrometheusMetrics = (
  sources: MetricsSources,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): PrometheusMetrics => {
  const registry = new Registry();
  const build = new Gauge({
    name: 'bureau_build_info',
    help: 'Always 1; the version of this server is in the label.',
    labelNames: ['version'] as const,
    registers: [registry],
  });
  build.set({ version: sources.version }, 1);
  const token = createRequestMetrics(registry);
  registerIssuerKeyMetrics(registry, sources.issuerKeys, clock);
  registerSigningKeyMetrics(registry, sources.signingKeys, clock);
  registerStoreMetrics(registry, sources.store, clock);
  registerActivityMetrics(registry, sources.waitingActivities);
  registerLoadMetrics(registry, sources.load);
  new Counter({
    name: 'bureau_log_lines_dropped_total',
    help: 'Lines of the log that nobody read or that found the disk full. Activities are in the store and never dropped.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(sources.droppedLogLines());
    },
  });
  const uses = createReplayGuardMetrics(registry);
  const watchNode = loadOnce(async () => {
    const { default: collectDefaultMetrics } = await import('@prometheus-io/client/lib/defaultMetrics.js');
    collectDefaultMetrics({ register: registry });
  });
  const node = createNodeMetrics(registry);
  return {
    token,
    uses,
    contentType: registry.contentType,
    snapshot: async () => {
      await watchNode();
      return node.snapshot();
    },
    render: async (others) => {
      await watchNode();
      return node.render(others);
    },
  };
};
