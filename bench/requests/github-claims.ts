import { randomBytes, randomUUID } from 'node:crypto';
import { theExchange } from '../the-exchange.ts';

/** Longer than any run, and what the contract lets a third-party token live at most. */
const lifetimeSeconds = 7200;

/** Claims as GitHub Actions puts them into its tokens: the size counts, and so does parsing them. */
export const githubClaims = (issuer: string, run: number): Readonly<Record<string, unknown>> => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
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
    exp: now + lifetimeSeconds,
  };
};
