/** The one exchange that every contender is asked for, so that none does other work than the others. */
export const theExchange = {
  /** What the third-party tokens show. */
  subject: 'repo:acme/payments:environment:production',
  tokenAudience: 'https://sts.example.com',
  /** What the access tokens carry. */
  audience: 'https://api.example.com',
  scope: 'certificates:read',
  account: { name: 'deploy-payments', team: 'default' },
  /** The account that signs with a key of its own. */
  keyAccount: { name: 'nightly-report' },
  lifetimeSeconds: 900,
  /** Recipes for JWT-SVIDs, one for each algorithm they are signed with. */
  svid: {
    template: 'spiffe://example.com/ns/${oidc.identityToken.decode.payload.environment}/sa/${account.name}',
    subject: 'spiffe://example.com/ns/production/sa/deploy-payments',
    providers: [
      { name: 'payments-rs256', algorithm: 'RS256', audience: 'https://one.example.com' },
      { name: 'payments-es256', algorithm: 'ES256', audience: 'https://two.example.com' },
    ],
  },
} as const;

/** URNs of RFC 8693 and RFC 7523. */
export const urns = {
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  assertion: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
} as const;

/** A third-party issuer as every contender knows it. */
export interface KnownIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
}

/** Thrown when something is not as it has to be; no figure of such a subject means anything. */
export class RunIsVoid extends Error {
  override readonly name = 'RunIsVoid';
}
