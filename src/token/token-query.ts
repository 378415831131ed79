import type { TokenRequest } from './token-request.ts';

/** How a request carries an access token of ours (RFC 6750 §2; the header alone, AT-16). */
export type BearerPresentation =
  | { readonly how: 'none' }
  | { readonly how: 'malformed'; readonly detail: string }
  | { readonly how: 'bearer'; readonly token: string };

/** A request about a token: introspection or revocation. */
export interface TokenQuery extends TokenRequest {
  readonly bearer: BearerPresentation;
}
