import type { TokenMetrics } from '../../ports/token-metrics.ts';
import { Counter, Histogram, type Registry } from './client.ts';

/** Counts decisions. Doors, outcomes and reasons are words of ours, whatever a request says. */
export const createRequestMetrics = (registry: Registry): TokenMetrics => {
  const requests = new Counter({
    name: 'bureau_token_requests_total',
    help: 'Requests to the token, introspection and revocation endpoints by door, outcome and reason.',
    labelNames: ['door', 'outcome', 'reason'] as const,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'bureau_token_request_duration_seconds',
    help: 'Time from the body of such a request to its recorded decision.',
    labelNames: ['door', 'outcome'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  });
  return {
    decided: ({ door, outcome, reason, seconds }) => {
      requests.inc({ door, outcome, reason });
      duration.observe({ door, outcome }, seconds);
    },
  };
};
