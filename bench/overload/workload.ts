import { randomUUID } from 'node:crypto';
import { createFakeIssuer, createFakeIssuerKey, type FakeIssuer } from '../../test/support/fake-issuer.ts';
import { shown } from './start-server.ts';

const bodyOf = (token: string): string =>
  new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  }).toString();

/** Claims in number and size as platforms put them into their tokens. */
const claims = (): Readonly<Record<string, unknown>> => ({
  jti: randomUUID(),
  sub: shown.subject,
  aud: shown.audience,
  repository: 'acme/payments',
  repository_owner: 'acme',
  repository_owner_id: '8675309',
  repository_visibility: 'private',
  run_id: String(Math.floor(Math.random() * 1e10)),
  run_attempt: '1',
  sha: randomUUID(),
  actor: 'octocat',
  workflow: 'deploy',
  event_name: 'push',
  ref: 'refs/heads/main',
  ref_type: 'branch',
  job_workflow_ref: 'acme/payments/.github/workflows/deploy.yml@refs/heads/main',
  workflow_ref: 'acme/payments/.github/workflows/deploy.yml@refs/heads/main',
  runner_environment: 'github-hosted',
  environment: 'production',
});

const inTwoHours = (): { iat: number; exp: number } => {
  const iat = Math.floor(Date.now() / 1000);
  return { iat, exp: iat + 7200 };
};

/** Bodies of good requests, all different. */
export const signGood = async (issuer: FakeIssuer, count: number): Promise<readonly string[]> => {
  const bodies: string[] = [];
  while (bodies.length < count) bodies.push(bodyOf(await issuer.signToken({ ...claims(), ...inTwoHours() })));
  return bodies;
};

/** Bodies with tokens that are no good: random bytes, expired, and a `kid` that nobody publishes, a third each (B28). */
export const signBad = async (issuer: FakeIssuer, count: number): Promise<readonly string[]> => {
  const stranger = await createFakeIssuerKey('RS256');
  const anHourAgo = Math.floor(Date.now() / 1000) - 3600;
  const random = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(900))).toString('base64url');
  const bodies: string[] = [];
  while (bodies.length < count) {
    const kid = randomUUID();
    bodies.push(
      bodyOf(`${random()}.${random()}.${random().slice(0, 342)}`),
      bodyOf(await issuer.signToken({ ...claims(), iat: anHourAgo, exp: anHourAgo + 60 })),
      bodyOf(await issuer.signToken({ ...claims(), ...inTwoHours() }, { kid }, { ...stranger, kid })),
    );
  }
  return bodies;
};

/** An issuer whose tokens are signed with RS256, as most are. */
export const startIssuer = (): Promise<FakeIssuer> => createFakeIssuer({ algorithm: 'RS256' });
