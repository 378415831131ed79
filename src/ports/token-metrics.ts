/** One decision of the token endpoint, in labels whose number of values is bounded. */
export interface DecidedTokenRequest {
  readonly door: string;
  readonly outcome: 'issued' | 'refused';
  readonly reason: string;
  readonly seconds: number;
}

/** Where decisions of the token endpoint are counted. */
export interface TokenMetrics {
  decided(request: DecidedTokenRequest): void;
}
