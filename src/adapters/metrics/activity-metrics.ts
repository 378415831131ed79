import type { MetricsSources } from '../../ports/metrics-sources.ts';
import { Gauge, type Registry } from './client.ts';

/** How far the writer of activities is behind: no answer leaves before its activity is durable. */
export const registerActivityMetrics = (
  registry: Registry,
  waiting: MetricsSources['waitingActivities'],
): void => {
  new Gauge({
    name: 'bureau_activity_queue_length',
    help: 'Activities that are not durable yet; the answers they belong to wait for them.',
    registers: [registry],
    collect() {
      this.set(waiting().count);
    },
  });
  new Gauge({
    name: 'bureau_activity_queue_oldest_seconds',
    help: 'How long the oldest of them has been waiting, in seconds; beyond 3 s it is refused.',
    registers: [registry],
    collect() {
      this.set(waiting().oldestSeconds);
    },
  });
};
