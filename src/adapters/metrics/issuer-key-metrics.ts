import type { Clock } from '../../ports/clock.ts';
import type { IssuerKeyState, MetricsSources } from '../../ports/metrics-sources.ts';
import { createBoundedSeries, otherLabel } from './bounded-series.ts';
import { Counter, Gauge, type Registry } from './client.ts';

/** What is known of the keys of one trusted issuer, or the worst of several. */
interface Series {
  readonly tenant: string;
  readonly issuer: string;
  readonly states: readonly IssuerKeyState[];
}

const nameOf = ({ tenant, issuer }: IssuerKeyState): string => JSON.stringify([tenant, issuer]);

/**
 * The key sets of trusted issuers: how old, how the last fetch went, how many failed, and whether an unknown `kid` may cause
 * one. Of those beyond the limit the worst is told, under the issuer `other`.
 */
export const registerIssuerKeyMetrics = (
  registry: Registry,
  issuerKeys: MetricsSources['issuerKeys'],
  clock: Pick<Clock, 'now'>,
): void => {
  const bound = createBoundedSeries(nameOf);
  const look = (): readonly Series[] => {
    const { own, others } = bound(issuerKeys());
    return [
      ...own.map((state) => ({ tenant: state.tenant, issuer: state.issuer, states: [state] })),
      ...(others.length === 0 ? [] : [{ tenant: otherLabel, issuer: otherLabel, states: others }]),
    ];
  };
  const options = { labelNames: ['tenant', 'issuer'] as const, registers: [registry] };
  /** @param valueOf `null` where a series has nothing to say */
  const gauge = (name: string, help: string, valueOf: (states: Series['states']) => number | null): void => {
    new Gauge({
      name,
      help,
      ...options,
      collect() {
        this.reset();
        for (const { tenant, issuer, states } of look()) {
          const value = valueOf(states);
          if (value !== null) this.set({ tenant, issuer }, value);
        }
      },
    });
  };

  gauge(
    'bureau_trusted_issuer_keys_age_seconds',
    'How long ago the keys in use of a trusted issuer were fetched, in seconds.',
    (states) =>
      most(states.map(({ fetchedAt }) => (fetchedAt === null ? null : secondsSince(fetchedAt, clock)))),
  );
  gauge(
    'bureau_trusted_issuer_last_fetch_timestamp_seconds',
    'When the keys of a trusted issuer were last asked for, in seconds since 1970.',
    (states) =>
      least(states.map(({ lastAttemptAt }) => (lastAttemptAt === null ? null : lastAttemptAt / 1000))),
  );
  gauge(
    'bureau_trusted_issuer_last_fetch_success',
    'Whether the last fetch of the keys of a trusted issuer was good (1) or not (0).',
    (states) =>
      least(
        states.map(({ lastAttemptWasGood }) =>
          lastAttemptWasGood === null ? null : Number(lastAttemptWasGood),
        ),
      ),
  );
  gauge(
    'bureau_trusted_issuer_unknown_kid_fetches_left',
    'How many fetches a token with an unknown kid may cause right now: 1, or 0 for up to 30 s after one.',
    (states) => least(states.map(({ unknownKidFetchesLeft }) => unknownKidFetchesLeft)),
  );
  new Counter({
    name: 'bureau_trusted_issuer_fetch_failures_total',
    help: 'Fetches of the keys of a trusted issuer that failed.',
    ...options,
    collect() {
      this.reset();
      for (const { tenant, issuer, states } of look())
        this.inc(
          { tenant, issuer },
          states.reduce((sum, { failures }) => sum + failures, 0),
        );
    },
  });
};

const secondsSince = (time: number, clock: Pick<Clock, 'now'>): number =>
  Math.max(0, (clock.now() - time) / 1000);

const most = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};

const least = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
};
