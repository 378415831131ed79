// npm run demo: the main job in a few seconds, on a temporary folder, with nothing to set up and nothing left behind.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { startBureau } from '../test/support/bureau-process.ts';
import { buildSignIn, readCredentials } from './sign-in.ts';
import { startPracticeIssuer } from './practice-issuer.ts';
import { createScreen, type Screen, type ShownCheck } from './screen.ts';

const jwtType = 'urn:ietf:params:oauth:token-type:jwt';
const api = 'https://api.example.com';

/** The three ways in for a token of a third party, with the parameters of each (RFC 8693 §2.1; RFC 7523 §2.1, §2.2). */
const doors: readonly { readonly name: string; readonly form: (token: string) => Record<string, string> }[] =
  [
    {
      name: 'Token exchange (RFC 8693)',
      form: (token) => ({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: jwtType,
        subject_token: token,
      }),
    },
    {
      name: 'JWT bearer grant (RFC 7523 §2.1)',
      form: (token) => ({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: token }),
    },
    {
      name: 'Client credentials with the token as client assertion (RFC 7523 §2.2)',
      form: (token) => ({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: token,
      }),
    },
  ];

/** The members of the answers that the story goes on with. */
interface AnswerBody {
  readonly access_token?: string;
  readonly value?: string;
  readonly id?: string;
  readonly receipt?: string;
  readonly reason?: string;
  readonly checks?: readonly ShownCheck[];
}

/** Tells the story; throws where it does not go as it should. Everything it starts is left to `cleanup`. */
const tell = async (screen: Screen, cleanup: AsyncDisposableStack, signal: AbortSignal): Promise<void> => {
  const ask = async (
    method: string,
    url: string,
    init: RequestInit,
    expected: number,
  ): Promise<AnswerBody> => {
    signal.throwIfAborted();
    const response = await fetch(url, { ...init, method });
    const body = (await response.json()) as AnswerBody;
    screen.status(response.status, response.statusText);
    if (response.status !== expected)
      throw new Error(
        `${method} ${url} answered ${response.status}, not ${expected}: ${JSON.stringify(body)}`,
      );
    return body;
  };
  const post = (url: string, form: Record<string, string>, expected = 200): Promise<AnswerBody> => {
    screen.request(`POST ${new URL(url).pathname}`);
    screen.fields(form);
    return ask('POST', url, { body: new URLSearchParams(form) }, expected);
  };

  screen.step('Start', 'A server on an empty folder, and a platform that issues tokens to its jobs.');
  const dataDir = await mkdtemp(join(tmpdir(), 'bureau-demo-'));
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  const platform = await startPracticeIssuer(0);
  cleanup.defer(() => platform.close());
  // A platform on loopback is reached only because the operator says so.
  const bureau = await startBureau({ dataDir, environment: { BUREAU_OUTBOUND_ALLOW: platform.place } });
  cleanup.defer(async () => void (await bureau.stop()));
  screen.fields({
    bureau: bureau.issuer,
    platform: `${platform.issuer} (shaped like GitHub Actions)`,
    'data folder': dataDir,
  });

  screen.step(
    'The administrator signs in',
    'With the key file of the first start (admin.json), by private_key_jwt.',
  );
  const credentials = await readCredentials(join(dataDir, 'admin.json'));
  const signIn = await post(credentials.tokenEndpoint, await buildSignIn(credentials));
  screen.fields({
    access_token: signIn.access_token,
    ...pick(decodeJwt(signIn.access_token ?? ''), 'account_name', 'aud'),
  });
  const authorization = { authorization: `Bearer ${signIn.access_token}` };

  screen.step(
    'The administrator registers who may come',
    'One subject of one issuer, for one audience, of one owner; and what it gets.',
  );
  const registration = {
    name: 'deploy-payments',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    scopes: ['payments:deploy', 'payments:read'],
    audiences: [api],
    federations: [
      {
        issuer: platform.issuer,
        subject: 'repo:acme/payments:environment:production',
        audience: bureau.issuer,
        conditions: [{ claim: 'repository_owner_id', equals: '8675309' }],
      },
    ],
  };
  screen.request('POST /api/v1/service-accounts');
  screen.json(registration);
  const account = await ask(
    'POST',
    `${bureau.url}/api/v1/service-accounts`,
    { headers: { ...authorization, 'content-type': 'application/json' }, body: JSON.stringify(registration) },
    201,
  );
  screen.fields({ id: account.id });

  const fetchJobToken = async (environment: string): Promise<string> => {
    const query = new URLSearchParams({ audience: bureau.issuer, environment });
    screen.request(`GET ${platform.issuer}/token?audience=${bureau.issuer}`);
    const { value = '' } = await ask('GET', `${platform.issuer}/token?${query.toString()}`, {}, 200);
    const claims = decodeJwt(value);
    screen.fields({
      token: value,
      ...pick(claims, 'iss', 'sub', 'aud', 'repository_owner_id', 'ref', 'job_workflow_ref'),
    });
    return value;
  };

  screen.step('A job asks its platform for a token', 'As every GitHub Actions job with id-token: write can.');
  const jobToken = await fetchJobToken('production');

  let accessToken = '';
  for (const { name, form } of doors) {
    screen.step(name, 'The same token, the same decision, the same answer.');
    const issued = await post(`${bureau.url}/token`, form(jobToken));
    screen.fields({ ...issued });
    accessToken = issued.access_token ?? '';
  }

  screen.step(
    'An API checks the access token',
    `With the keys at ${bureau.issuer}/.well-known/jwks.json, by jose.`,
  );
  const jwks = createRemoteJWKSet(new URL(`${bureau.issuer}/.well-known/jwks.json`));
  const { protectedHeader, payload } = await jwtVerify(accessToken, jwks, {
    issuer: bureau.issuer,
    audience: api,
    typ: 'at+jwt',
  });
  screen.good('signature, issuer, audience, type and time are good');
  screen.json({ ...protectedHeader });
  screen.json(payload);

  screen.step(
    'A job with another subject tries the same',
    'Its workflow says "environment: Production", with a capital P.',
  );
  const foreignToken = await fetchJobToken('Production');
  const refusal = await post(`${bureau.url}/token`, doors[0]?.form(foreignToken) ?? {}, 400);
  screen.json(refusal);
  screen.note('The caller learns nothing but a receipt. The body is the same for every cause.');

  screen.step('The administrator looks up the receipt', 'Every check that was made, in order.');
  screen.request(`GET /api/v1/activities/${refusal.receipt}`);
  const activity = await ask(
    'GET',
    `${bureau.url}/api/v1/activities/${refusal.receipt}`,
    { headers: authorization },
    200,
  );
  screen.bad(`refused: ${activity.reason}`);
  screen.checks(activity.checks ?? []);
};

const pick = (
  claims: Readonly<Record<string, unknown>>,
  ...names: readonly string[]
): Record<string, unknown> => Object.fromEntries(names.map((name) => [name, claims[name]]));

const interrupted = new AbortController();
// `on`, not `once`: a second Ctrl-C must not end the program before everything it started has ended.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort());
// Whoever read the output has gone, as with `| head`.
process.stdout.on('error', () => interrupted.abort());

const screen = createScreen(process.stdout);
const cleanup = new AsyncDisposableStack();
const started = performance.now();
try {
  await tell(screen, cleanup, interrupted.signal);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  screen.blank();
  screen.good(`done in ${seconds} s; stopping the server and removing its folder`);
} catch (error) {
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
  if (!interrupted.signal.aborted) {
    screen.blank();
    screen.bad(error instanceof Error ? error.message : String(error));
  }
} finally {
  await cleanup.disposeAsync();
}
