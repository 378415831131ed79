/** One decision of the token endpoint, of introspection or of revocation, in labels whose number of values is bounded. */
export interface DecidedTokenRequest {
  readonly door: string;
  readonly outcome: 'issued' | 'answered' | 'refused';
  readonly reason: string;
  readonly seconds: number;
}

/** Where those decisions are counted. */
export interface TokenMetrics {
  decided(request: DecidedTokenRequest): void;
}
