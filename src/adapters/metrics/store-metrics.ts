import { answerInTime } from '../../core/answer-in-time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsSources } from '../../ports/metrics-sources.ts';
import { Gauge, type Registry } from './client.ts';

/** How long the store may take to answer a scrape. */
const patienceMs = 2000;

/** How long an answer is good: whoever scrapes more often costs the store nothing. */
const rememberedMs = 1000;

/** What a look at the store gave. */
interface Look {
  readonly isUp: boolean;
  readonly seconds: number;
}

/** Whether the store answers and accepts writes, and how long it takes; asked at each scrape. */
export const registerStoreMetrics = (
  registry: Registry,
  { engine, ping }: MetricsSources['store'],
  clock: Pick<Clock, 'monotonic'>,
): void => {
  let remembered: { readonly at: number; readonly look: Promise<Look> } | null = null;
  const measure = async (): Promise<Look> => {
    const startedAt = clock.monotonic();
    const isUp = await answerInTime(ping(), patienceMs, () => new Error('out of patience')).then(
      () => true,
      () => false,
    );
    return { isUp, seconds: (clock.monotonic() - startedAt) / 1000 };
  };
  const look = (): Promise<Look> => {
    const now = clock.monotonic();
    if (remembered === null || now - remembered.at >= rememberedMs) remembered = { at: now, look: measure() };
    return remembered.look;
  };
  const gauge = (name: string, help: string, valueOf: (look: Look) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['engine'] as const,
      registers: [registry],
      async collect() {
        this.set({ engine }, valueOf(await look()));
      },
    });
  };
  gauge('bureau_store_up', 'Whether the store answers and accepts writes (1) or not (0).', ({ isUp }) =>
    Number(isUp),
  );
  gauge(
    'bureau_store_ping_seconds',
    'How long the store took to note one write, at most 2 s.',
    ({ seconds }) => seconds,
  );
};
