import { randomBytes, randomUUID } from 'node:crypto';
import { createFakeIssuer, type FakeIssuer } from '../test/support/fake-issuer.ts';
import { theExchange } from './the-exchange.ts';

/** Algorithms third-party tokens are signed with: what most platforms use, and what the newer ones do. */
export const tokenAlgorithms = ['RS256', 'ES256'] as const;
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** An issuer on loopback and the tokens it signed beforehand, each different. */
export interface SignedTokens {
  readonly algorithm: TokenAlgorithm;
  readonly issuer: FakeIssuer;
  readonly tokens: readonly string[];
  /** Tokens that must be refused, by what is wrong with them. */
  readonly wrong: Readonly<Record<string, string>>;
}

/** Longer than any run, and what the contract lets a third-party token live at most. */
const tokenLifetimeSeconds = 7200;

/** Claims as GitHub Actions puts them into its tokens: the size counts, and so does parsing them. */
const claimsOfRun = (run: number) => {
  const now = Math.floor(Date.now() / 1000);
  return {
    jti: randomUUID(),
    sub: theExchange.subject,
    aud: theExchange.tokenAudience,
    ref: 'refs/heads/main',
    sha: randomBytes(20).toString('hex'),
    repository: 'acme/payments',
    repository_owner: 'acme',
    repository_owner_id: '8675309',
    run_id: String(9_000_000_000 + run),
    run_number: String(run),
    run_attempt: '1',
    repository_visibility: 'private',
    repository_id: '700000001',
    actor_id: '100200',
    actor: 'octocat',
    workflow: 'deploy',
    head_ref: '',
    base_ref: '',
    event_name: 'push',
    ref_protected: 'true',
    ref_type: 'branch',
    workflow_ref: 'acme/payments/.github/workflows/deploy.yml@refs/heads/main',
    job_workflow_ref: 'acme/payments/.github/workflows/deploy.yml@refs/heads/main',
    runner_environment: 'github-hosted',
    environment: 'production',
    iat: now,
    nbf: now,
    exp: now + tokenLifetimeSeconds,
  };
};

/** Starts an issuer and signs `count` tokens with it. */
export const signThirdPartyTokens = async (
  algorithm: TokenAlgorithm,
  count: number,
): Promise<SignedTokens> => {
  const issuer = await createFakeIssuer({ algorithm });
  const tokens: string[] = [];
  for (let run = 1; run <= count; run += 1) tokens.push(await issuer.signToken(claimsOfRun(run)));
  const published = issuer.keys[0];
  const stranger = await createFakeIssuer({ algorithm });
  const forged = await stranger.signToken({ ...claimsOfRun(0), iss: issuer.issuer }, { kid: published?.kid });
  await stranger.close();
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  return {
    algorithm,
    issuer,
    tokens,
    wrong: {
      'signed by another key': forged,
      'for another audience': await issuer.signToken({ ...claimsOfRun(0), aud: 'https://elsewhere.example' }),
      'of another subject': await issuer.signToken({ ...claimsOfRun(0), sub: 'repo:acme/other:ref:main' }),
      expired: await issuer.signToken({ ...claimsOfRun(0), iat: hourAgo, nbf: hourAgo, exp: hourAgo + 60 }),
    },
  };
};
