import type { MetricsSources } from '../../ports/metrics-sources.ts';
import { Counter, Gauge, type Registry } from './client.ts';

/** What the refusal of load does. */
export const registerLoadMetrics = (
  registry: Registry,
  { refused, inFlight }: MetricsSources['load'],
): void => {
  new Counter({
    name: 'bureau_requests_shed_total',
    help: 'Requests refused with 503 before they were read, because more was asked than can be done.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(refused());
    },
  });
  new Gauge({
    name: 'bureau_requests_in_flight',
    help: 'Requests to the token, introspection and revocation endpoints that are being answered.',
    registers: [registry],
    collect() {
      this.set(inFlight());
    },
  });
};
