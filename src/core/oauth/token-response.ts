import { tokenTypes } from './vocabulary.ts';

/** What kind of token a response carries (RFC 8693 §3). */
export type IssuedTokenType = typeof tokenTypes.accessToken | typeof tokenTypes.jwt;

/** The body of a successful token response (RFC 6749 §5.1; RFC 8693 §2.2.1). */
export interface TokenResponse {
  readonly access_token: string;
  /** `N_A` for what is no access token (TX-12). */
  readonly token_type: 'Bearer' | 'N_A';
  /** Whole seconds. */
  readonly expires_in: number;
  /** Always there, possibly empty (RS-04). */
  readonly scope: string;
  readonly issued_token_type: IssuedTokenType;
}

/**
 * The one success body of all doors (contract §3). RFC 8693 demands `issued_token_type` for token exchange; we send it
 * from every door, because the contract does and RFC 6749 §5.1 lets clients ignore what they do not know. JB-07 yields.
 * There is never a refresh token (RS-05).
 *
 * @param issued.expiresIn seconds until the `exp` of the token, a positive integer; anything else is a fault
 */
export const buildTokenResponse = (issued: {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly scope: readonly string[];
  readonly issuedTokenType?: IssuedTokenType;
}): TokenResponse => {
  if (!Number.isSafeInteger(issued.expiresIn) || issued.expiresIn < 1) {
    throw new Error(`expires_in must be a positive integer, not ${issued.expiresIn}`);
  }
  const issuedTokenType = issued.issuedTokenType ?? tokenTypes.accessToken;
  return {
    access_token: issued.accessToken,
    token_type: issuedTokenType === tokenTypes.accessToken ? 'Bearer' : 'N_A',
    expires_in: issued.expiresIn,
    scope: issued.scope.join(' '),
    issued_token_type: issuedTokenType,
  };
};
