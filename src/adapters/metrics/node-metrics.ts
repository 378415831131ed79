import type { Message } from '../../ports/siblings.ts';
import { Gauge, Registry } from './client.ts';

/** How the values of several processes of one node become one; what is not named here is summed up. */
type Joining = 'max' | 'min' | 'first';

/** Of what is the worse the more, the most; of what is the worse the less, the least. */
const joinings: ReadonlyMap<string, Joining> = new Map([
  ['bureau_build_info', 'first'],
  ['bureau_trusted_issuer_keys_age_seconds', 'max'],
  ['bureau_trusted_issuer_last_fetch_timestamp_seconds', 'min'],
  ['bureau_trusted_issuer_last_fetch_success', 'min'],
  ['bureau_trusted_issuer_unknown_kid_fetches_left', 'min'],
  ['bureau_signing_key_age_seconds', 'max'],
  ['bureau_signing_key_rotates_in_seconds', 'min'],
  ['bureau_store_up', 'min'],
  ['bureau_store_ping_seconds', 'max'],
  ['bureau_activity_queue_oldest_seconds', 'max'],
  ['process_start_time_seconds', 'min'],
]);

interface Sample {
  /** `null` where it was no number and was sent to another process. */
  readonly value: number | null;
  readonly labels: Readonly<Record<string, string | number>>;
}

interface Metric {
  readonly name: string;
  readonly aggregator?: string;
  readonly values: readonly Sample[];
}

const withJoining = (metric: Metric): object => ({
  ...metric,
  aggregator: joinings.get(metric.name) ?? metric.aggregator ?? 'sum',
  values: metric.values.filter(({ value }) => value !== null && !Number.isNaN(value)),
});

/** What a registry says for one process, and for all processes of a node. */
export const createNodeMetrics = (registry: Registry) => {
  new Gauge({
    name: 'bureau_workers',
    help: 'Workers of this server that this answer tells of: less than there are where one did not answer in time.',
    registers: [registry],
  }).set(1);
  const own = async (): Promise<readonly Metric[]> =>
    (await registry.getMetricsAsJSON()) as unknown as readonly Metric[];
  return {
    /** The values of this process, to be sent to another one. */
    snapshot: async (): Promise<Message> => (await own()) as unknown as Message,
    /** The text of this process, or of this one and those whose snapshots are given. */
    render: async (others: readonly Message[] = []): Promise<string> => {
      if (others.length === 0) return registry.metrics();
      const all = [await own(), ...(others as unknown as readonly (readonly Metric[])[])];
      return Registry.aggregate(all.map((metrics) => metrics.map(withJoining))).metrics();
    },
  };
};
