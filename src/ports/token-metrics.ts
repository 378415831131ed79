import type { RefusalReason } from '../core/oauth/reasons.ts';

/** One decision of the token endpoint, of introspection or of revocation, in labels whose number of values is bounded. */
export interface DecidedTokenRequest {
  /** A word of ours, never of the request. */
  readonly door: string;
  readonly outcome: 'issued' | 'answered' | 'refused';
  readonly reason: RefusalReason | 'issued' | 'answered';
  readonly seconds: number;
}

/** Where those decisions are counted. */
export interface TokenMetrics {
  decided(request: DecidedTokenRequest): void;
}
