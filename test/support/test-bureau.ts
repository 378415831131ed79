import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { openBureau } from '../../src/compose.ts';
import { type Configuration, configurationSchema } from '../../src/config/schema.ts';
import type { Answer, Credentials } from './bureau-process.ts';
import { signAssertion } from './bureau-process.ts';
import { createFakeIssuer, type FakeIssuer, type FakeIssuerOptions } from './fake-issuer.ts';

/** URNs as a client writes them; spelled out here so that a slip in the product's own table shows. */
export const urn = {
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  assertionType: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
} as const;

/** A federated door of the token endpoint: how a token is shown there and what a bad one earns (contract §3). */
export interface Door {
  readonly name: string;
  readonly badToken: 'invalid_request' | 'invalid_grant' | 'invalid_client';
  readonly form: (token: string) => Record<string, string>;
}

/** The three federated doors. */
export const doors: readonly Door[] = [
  {
    name: 'token exchange',
    badToken: 'invalid_request',
    form: (token) => ({ grant_type: urn.tokenExchange, subject_token: token, subject_token_type: urn.jwt }),
  },
  {
    name: 'JWT bearer',
    badToken: 'invalid_grant',
    form: (token) => ({ grant_type: urn.jwtBearer, assertion: token }),
  },
  {
    name: 'client credentials',
    badToken: 'invalid_client',
    form: (token) => ({
      grant_type: 'client_credentials',
      client_assertion_type: urn.assertionType,
      client_assertion: token,
    }),
  },
];

/** The audience and subject of the account every test bureau is born with. */
export const registered = {
  audience: 'https://sts.example.com',
  subject: 'repo:acme/payments:environment:production',
} as const;

/** What a test bureau is made of; everything has a default. */
export interface TestBureauOptions {
  /** Of the process, as far as the configuration shows it to templates. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly issuer?: FakeIssuerOptions;
  /** Members of the configuration to replace. */
  readonly configuration?: Partial<Configuration>;
  /** Further `host:port` that may be fetched from. */
  readonly allow?: readonly string[];
  /** Members of the account to replace, or of its one federation. */
  readonly account?: Readonly<Record<string, unknown>>;
  readonly federation?: Readonly<Record<string, unknown>>;
}

/** The whole server in this process, on a store of its own, with a fake issuer and one federated account. */
export interface TestBureau {
  readonly app: Awaited<ReturnType<typeof openBureau>>['app'];
  readonly baseIssuer: string;
  readonly dataDir: string;
  readonly issuer: FakeIssuer;
  /** The account's id. */
  readonly account: { readonly id: string; readonly etag: string };
  readonly credentials: Credentials;
  /** A token of the fake issuer that is good, but for what `claims` and `header` say; `undefined` leaves a member out. */
  goodToken(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  /** `POST` of a form, or of a raw body, to the token endpoint. */
  token(form: Readonly<Record<string, string>> | string, options?: Partial<InjectOptions>): Promise<Answer>;
  inject(options: InjectOptions): Promise<Answer>;
  /** A request to the admin API by the bootstrap Administrator. */
  admin(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** The activity behind a receipt. */
  activity(receipt: string): Promise<Answer['body']>;
  adminToken(): Promise<string>;
  close(): Promise<void>;
}

/** Opens a test bureau; `close` it. */
export const openTestBureau = async (options: TestBureauOptions = {}): Promise<TestBureau> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bureau-'));
  const issuer = await createFakeIssuer(options.issuer);
  const baseIssuer = options.configuration?.issuer ?? 'http://127.0.0.1:8080';
  const bureau = await openBureau(
    {
      ...configurationSchema.parse({}),
      issuer: baseIssuer,
      dataDir,
      databaseUrl: `sqlite:${join(dataDir, 'bureau.db')}`,
      logLevel: 'silent',
      rateLimit: 'off',
      outboundAllow: [`${issuer.host}:${issuer.port}`, ...(options.allow ?? [])],
      ...options.configuration,
    },
    '0.0.0',
    options.environment ?? {},
  );
  const credentials = JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as Credentials;

  const inject = async (request: InjectOptions): Promise<Answer> => {
    const response = await bureau.app.inject(request);
    let body: unknown = response.body;
    try {
      body = JSON.parse(response.body);
    } catch {
      // Not JSON: the text itself is what a test wants to see.
    }
    return {
      status: response.statusCode,
      headers: new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
      body,
    };
  };
  const token: TestBureau['token'] = (form, more = {}) =>
    inject({
      method: 'POST',
      url: '/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      ...more,
    });
  const adminToken = async (): Promise<string> => {
    const answer = await token({
      grant_type: 'client_credentials',
      client_assertion_type: urn.assertionType,
      client_assertion: await signAssertion(credentials),
    });
    if (answer.status !== 200) throw new Error(`no administrator token: ${JSON.stringify(answer.body)}`);
    return answer.body.access_token;
  };
  let bearer: string | null = null;
  const admin: TestBureau['admin'] = async (method, path, body, headers = {}) => {
    bearer ??= await adminToken();
    return inject({
      method,
      url: `/api/v1${path}`,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
  };

  const created = await admin('POST', '/service-accounts', {
    name: 'deploy-payments',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    scopes: ['certificates:read', 'certificates:issue'],
    audiences: ['https://api.example.com', 'https://other.example.com'],
    federations: [
      {
        issuer: issuer.issuer,
        jwksUri: issuer.jwksUri,
        subject: registered.subject,
        audience: registered.audience,
        ...options.federation,
      },
    ],
    ...options.account,
  });
  if (created.status !== 201) throw new Error(`no account: ${JSON.stringify(created.body)}`);

  return {
    app: bureau.app,
    baseIssuer,
    dataDir,
    issuer,
    account: { id: created.body.id, etag: created.headers.get('etag') ?? '' },
    credentials,
    goodToken: (claims = {}, header = {}) =>
      issuer.signToken({ sub: registered.subject, aud: registered.audience, ...claims }, header),
    token,
    inject,
    admin,
    activity: async (receipt) => (await admin('GET', `/activities/${receipt}`)).body,
    adminToken,
    close: async () => {
      await bureau.app.close();
      await bureau.close();
      await issuer.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
