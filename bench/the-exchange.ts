/** The one exchange that both contenders are asked for, so that neither does other work than the other. */
export const theExchange = {
  /** What the third-party tokens show. */
  subject: 'repo:acme/payments:environment:production',
  tokenAudience: 'https://sts.example.com',
  /** What the access tokens carry. */
  audience: 'https://api.example.com',
  scope: 'certificates:read',
  account: { name: 'deploy-payments', team: 'default' },
  lifetimeSeconds: 900,
} as const;

/** URNs of RFC 8693. */
export const urns = {
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
} as const;

/** A third-party issuer as both contenders know it. */
export interface KnownIssuer {
  readonly issuer: string;
  readonly jwksUri: string;
}

/** A running server that takes part. */
export interface Contender {
  readonly name: 'bureau' | 'oidc-provider';
  readonly pid: number;
  readonly tokenUrl: string;
  /** Where its own keys are published, and the issuer in its tokens. */
  readonly jwksUri: string;
  readonly issuer: string;
  /** The form for one third-party token. */
  readonly body: (subjectToken: string) => string;
  readonly stop: () => Promise<void>;
}
