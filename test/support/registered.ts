// What an administrator registered and what a token says, as values: complete, valid, and changed member by member.
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { ThirdPartyClaims } from '../../src/core/jwt/claims.ts';
import type { Federation } from '../../src/core/trust/federation.ts';

/** The issuer, subject and audience that {@link federation} and {@link thirdPartyClaims} agree on. */
export const registered = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:acme/payments:environment:production',
  audience: 'https://sts.example.com',
  ownIssuer: 'https://bureau.example',
} as const;

/** A federation with an exact subject; a `subjectPattern` given alone replaces it. */
export const federation = (changes: Partial<Federation> = {}): Federation => ({
  id: 'federation-1',
  issuer: registered.issuer,
  subject: changes.subjectPattern === undefined ? registered.subject : null,
  subjectPattern: null,
  audience: registered.audience,
  conditions: [],
  cel: null,
  allowAdditionalAudiences: false,
  ...changes,
});

/** An enabled account with {@link federation}. */
export const serviceAccount = (changes: Partial<ServiceAccount> = {}): ServiceAccount => ({
  tenant: 'default',
  id: 'account-1',
  name: 'deploy-payments',
  description: '',
  owningTeam: 'payments',
  useCase: 'custom-api-integration',
  scopes: ['certificates:read', 'certificates:issue'],
  audiences: ['https://api.example.com', 'https://other.example.com'],
  role: null,
  status: 'enabled',
  accessTokenAlgorithm: null,
  capToSubjectExpiry: false,
  federations: [federation()],
  createdAt: 0,
  updatedAt: 0,
  version: 1,
  ...changes,
});

/** What a verified token says; `claims` are added to the registered ones. */
export const thirdPartyClaims = ({
  claims = {},
  ...changes
}: Partial<ThirdPartyClaims> & { readonly claims?: JsonObject } = {}): ThirdPartyClaims => {
  const subject = changes.subject ?? registered.subject;
  const audiences = changes.audiences ?? [registered.audience];
  return {
    issuer: registered.issuer,
    subject,
    audiences,
    issuedAt: 1_800_000_000,
    expiresAt: 1_800_000_300,
    jti: null,
    ...changes,
    claims: {
      iss: registered.issuer,
      sub: subject,
      aud: audiences,
      iat: 1_800_000_000,
      exp: 1_800_000_300,
      ...claims,
    },
  };
};
