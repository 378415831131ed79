// An issuer shaped like GitHub Actions, on loopback, for the demo and for a first exchange by hand:
//
//   node config/tools/with-node.mjs demo/practice-issuer.ts        listens on 127.0.0.1:8090
//
// GET /token?audience=… answers { "value": "<JWT>" } like ACTIONS_ID_TOKEN_REQUEST_URL in a job, but to anybody: it is
// a toy. `environment=…` takes the place of "production"; `pull_request` stands for a job without an environment.
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A running practice issuer. */
export interface PracticeIssuer {
  readonly issuer: string;
  /** `host:port`, as BUREAU_OUTBOUND_ALLOW wants it. */
  readonly place: string;
  close(): Promise<void>;
}

/** Starts the issuer on a port of loopback; 0 takes a free one. */
export const startPracticeIssuer = async (port: number): Promise<PracticeIssuer> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const kid = randomUUID();
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }] };
  let issuer = '';

  const sign = (query: URLSearchParams): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT(jobClaims(query.get('audience'), query.get('environment') ?? 'production'))
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
      .setIssuer(issuer)
      .setJti(randomUUID())
      .setNotBefore(now - 300)
      .setIssuedAt(now)
      .setExpirationTime(now + 300)
      .sign(privateKey);
  };

  const answer = async (url: URL, response: ServerResponse): Promise<void> => {
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return sendJson(response, {
          issuer,
          jwks_uri: `${issuer}/.well-known/jwks`,
          response_types_supported: ['id_token'],
          subject_types_supported: ['public', 'pairwise'],
          id_token_signing_alg_values_supported: ['RS256'],
        });
      case '/.well-known/jwks':
        return sendJson(response, jwks);
      case '/token':
        return sendJson(response, { value: await sign(url.searchParams) });
      default:
        response.writeHead(404).end();
    }
  };

  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', issuer), response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the practice issuer has no port');
  const place = `127.0.0.1:${address.port}`;
  issuer = `http://${place}`;
  return {
    issuer,
    place,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The claims of a deployment job, named and typed as GitHub does. `aud` is the owner's URL when nobody asks for another. */
const jobClaims = (audience: string | null, environment: string): Record<string, string> => ({
  ...(environment === 'pull_request'
    ? { sub: 'repo:acme/payments:pull_request', ref: 'refs/pull/7/merge', event_name: 'pull_request' }
    : {
        sub: `repo:acme/payments:environment:${environment}`,
        environment,
        ref: 'refs/heads/main',
        event_name: 'push',
      }),
  aud: audience ?? 'https://github.com/acme',
  ref_type: 'branch',
  ref_protected: environment === 'pull_request' ? 'false' : 'true',
  sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
  repository: 'acme/payments',
  repository_id: '1296269',
  repository_owner: 'acme',
  repository_owner_id: '8675309',
  repository_visibility: 'private',
  actor: 'octocat',
  actor_id: '583231',
  workflow: 'deploy',
  workflow_ref: 'acme/payments/.github/workflows/deploy.yml@refs/heads/main',
  job_workflow_ref: 'acme/platform/.github/workflows/release.yml@refs/tags/v2',
  run_id: '1658821493',
  run_number: '74',
  run_attempt: '1',
  runner_environment: 'github-hosted',
});

const sendJson = (response: ServerResponse, body: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

if (import.meta.main) {
  const practice = await startPracticeIssuer(8090);
  process.stdout.write(
    `practice issuer ready at ${practice.issuer}; a token: ${practice.issuer}/token?audience=…\n`,
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void practice.close());
  }
}
