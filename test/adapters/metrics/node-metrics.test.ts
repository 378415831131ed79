import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { describe, expect, it } from 'vitest';
import { createNodeMetrics } from '../../../src/adapters/metrics/node-metrics.ts';
import type { Message } from '../../../src/ports/siblings.ts';

/** A process with these values; what it sends to another one goes through JSON. */
const createProcess = (values: Readonly<Record<string, number>>) => {
  const registry = new Registry();
  for (const [name, value] of Object.entries(values))
    new Gauge({ name, help: name, registers: [registry] }).set(value);
  const requests = new Counter({
    name: 'requests_total',
    help: 'requests',
    labelNames: ['door'],
    registers: [registry],
  });
  requests.inc({ door: 'a' }, 3);
  const seconds = new Histogram({ name: 'seconds', help: 'seconds', buckets: [1, 2], registers: [registry] });
  seconds.observe(1.5);
  const metrics = createNodeMetrics(registry);
  return {
    ...metrics,
    registry,
    requests,
    sent: async () => JSON.parse(JSON.stringify(await metrics.snapshot())) as Message,
  };
};
const valueOf = (text: string, series: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1);

describe('createNodeMetrics (B41)', () => {
  it('one process: exactly what it says itself', async () => {
    const one = createProcess({ bureau_store_up: 1 });
    expect(await one.render()).toBe(await one.registry.metrics());
  });

  it('counters and histograms are summed up, by their labels', async () => {
    const [one, other] = [createProcess({}), createProcess({})];
    other.requests.inc({ door: 'b' }, 2);
    const text = await one.render([await other.sent()]);
    expect(valueOf(text, 'requests_total{door="a"}')).toBe('6');
    expect(valueOf(text, 'requests_total{door="b"}')).toBe('2');
    expect(valueOf(text, 'seconds_bucket{le="1"}')).toBe('0');
    expect(valueOf(text, 'seconds_bucket{le="2"}')).toBe('2');
    expect(valueOf(text, 'seconds_bucket{le="+Inf"}')).toBe('2');
    expect(valueOf(text, 'seconds_sum')).toBe('3');
    expect(valueOf(text, 'seconds_count')).toBe('2');
  });

  it.each([
    ['bureau_build_info', 1, 1, '1'],
    ['bureau_activity_queue_length', 3, 4, '7'],
    ['bureau_activity_queue_oldest_seconds', 1, 0.5, '1'],
    ['bureau_store_up', 1, 0, '0'],
    ['bureau_store_ping_seconds', 0.001, 2, '2'],
    ['bureau_trusted_issuer_keys_age_seconds', 10, 20, '20'],
    ['bureau_trusted_issuer_last_fetch_success', 0, 1, '0'],
    ['bureau_trusted_issuer_unknown_kid_fetches_left', 1, 0, '0'],
    ['bureau_signing_key_rotates_in_seconds', 5, 9, '5'],
    ['bureau_signing_key_age_seconds', 5, 9, '9'],
    ['process_resident_memory_bytes', 100, 200, '300'],
    ['process_start_time_seconds', 7, 5, '5'],
  ])('%s of %d and %d is %s', async (name, own, others, expected) => {
    const [one, other] = [createProcess({ [name]: own }), createProcess({ [name]: others })];
    expect(valueOf(await one.render([await other.sent()]), name)).toBe(expected);
  });

  it('what is no number is left out, and spoils no sum', async () => {
    const [one, other] = [createProcess({ lag: Number.NaN }), createProcess({ lag: Number.NaN })];
    const third = createProcess({ lag: 2 });
    const text = await one.render([await other.sent(), await third.sent()]);
    expect(valueOf(text, 'lag')).toBe('2');
  });
});
