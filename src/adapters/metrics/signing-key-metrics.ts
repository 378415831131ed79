import type { Clock } from '../../ports/clock.ts';
import type { MetricsSources, SigningKeyState } from '../../ports/metrics-sources.ts';
import { createBoundedSeries, otherLabel } from './bounded-series.ts';
import { Gauge, type Registry } from './client.ts';

/** How old the active signing keys are, and when they retire; of tenants beyond the limit the worst, as `other`. */
export const registerSigningKeyMetrics = (
  registry: Registry,
  signingKeys: MetricsSources['signingKeys'],
  clock: Pick<Clock, 'now'>,
): void => {
  const bound = createBoundedSeries(({ tenant }: SigningKeyState) => tenant);
  const gauge = (
    name: string,
    help: string,
    valueOf: (state: SigningKeyState) => number,
    worst: (...values: readonly number[]) => number,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: ['tenant', 'purpose', 'algorithm'] as const,
      registers: [registry],
      collect() {
        this.reset();
        const { own, others } = bound(signingKeys());
        for (const state of own) {
          const { tenant, purpose, algorithm } = state;
          this.set({ tenant, purpose, algorithm }, valueOf(state));
        }
        for (const group of Map.groupBy(others, (state) => `${state.purpose} ${state.algorithm}`).values()) {
          const [{ purpose, algorithm }] = group as [SigningKeyState];
          this.set({ tenant: otherLabel, purpose, algorithm }, worst(...group.map(valueOf)));
        }
      },
    });
  };

  gauge(
    'bureau_signing_key_age_seconds',
    'How long the active signing key has been signing, in seconds.',
    ({ signsSince }) => Math.max(0, (clock.now() - signsSince) / 1000),
    Math.max,
  );
  gauge(
    'bureau_signing_key_rotates_in_seconds',
    'How long until the active signing key hands over to the next one, in seconds.',
    ({ retiresAt }) => Math.max(0, (retiresAt - clock.now()) / 1000),
    Math.min,
  );
};
