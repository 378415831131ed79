import { generateKeyPairSync } from 'node:crypto';
import { runCommandLine } from '../../../src/cli/run-command-line.ts';
import { createFakeWorld, type FakeWorld, type FakeWorldOptions } from '../token/fake-world.ts';

/** The server of every test here. */
export const issuer = 'https://sts.example.com';

/** A request to the admin API as it was made. */
export interface SeenRequest {
  readonly method: string;
  /** Below `/api/v1`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly ifMatch: string | null;
  readonly authorization: string | null;
  readonly body: ReturnType<typeof JSON.parse>;
}

/** What the fake answers: a status, a body and headers. */
export interface FakeAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Handler = FakeAnswer | Error | ((request: SeenRequest) => FakeAnswer | Error);

/** Answers by `METHOD /path`; of several, one after the other and the last for good. */
export type Handlers = Readonly<Record<string, Handler | readonly Handler[]>>;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A credentials file as the server hands it out. */
export const credentialsFile = JSON.stringify({
  serviceAccountId: 'admin-id',
  clientId: 'admin-id',
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  keyId: 'kid-1',
  algorithm: 'ES256',
  tenant: 'default',
  issuer,
  discoveryURI: `${issuer}/.well-known/openid-configuration`,
  tokenEndpoint: `${issuer}/token`,
});

/** A world with an administrator's credentials and an admin API. */
export interface AdminWorld extends FakeWorld {
  readonly requests: readonly SeenRequest[];
  /** The forms sent to the token endpoint. */
  readonly tokenForms: readonly URLSearchParams[];
  /** Runs a command; its exit code. */
  readonly bureau: (...args: readonly string[]) => Promise<number | null>;
}

/** Problem details as the API words them. */
export const problem = (
  status: number,
  code: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): FakeAnswer => ({ status, body: { type: 'about:blank', title: 'x', status, detail, code, ...more } });

/** Creates a world in which `handlers` answer; what none answers is 404 `not_found`. */
export const createAdminWorld = (
  handlers: Handlers = {},
  options: FakeWorldOptions & {
    readonly isTerminal?: boolean;
    readonly token?: readonly FakeAnswer[];
  } = {},
): AdminWorld => {
  const requests: SeenRequest[] = [];
  const tokenForms: URLSearchParams[] = [];
  const counts = new Map<string, number>();
  const base = createFakeWorld({
    environment: { BUREAU_CREDENTIALS: 'admin.json' },
    ...options,
    files: { 'admin.json': credentialsFile, ...options.files },
  });
  const next = <T>(key: string, answers: readonly T[]): T | undefined => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return answers[Math.min(count, answers.length - 1)];
  };
  const fetchFake: typeof fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    const text = typeof init.body === 'string' ? init.body : '';
    if (url.pathname === '/token') {
      tokenForms.push(new URLSearchParams(text));
      return responseOf(
        next('token', options.token ?? [{}]) ?? {},
        JSON.stringify({
          access_token: `token-${tokenForms.length}`,
          token_type: 'Bearer',
          expires_in: 900,
          scope: '',
        }),
      );
    }
    const path = url.pathname.replace(/^\/api\/v1/, '');
    const request: SeenRequest = {
      method: init.method ?? 'GET',
      path,
      query: Object.fromEntries(url.searchParams),
      ifMatch: headers.get('if-match'),
      authorization: headers.get('authorization'),
      body: text === '' ? null : JSON.parse(text),
    };
    requests.push(request);
    const key = `${request.method} ${path}`;
    const handler = handlers[key];
    const chosen = isList(handler) ? next(key, handler) : handler;
    const answer = typeof chosen === 'function' ? chosen(request) : chosen;
    if (answer instanceof Error) throw answer;
    return responseOf(answer ?? problem(404, 'not_found', 'There is no such thing.'));
  };
  const world: AdminWorld = {
    ...base,
    requests,
    tokenForms,
    fetch: fetchFake,
    isTerminal: options.isTerminal ?? false,
    bureau: (...args) =>
      runCommandLine(args, world, {
        version: '0.0.0',
        serve: () => Promise.reject(new Error('no server')),
        rewrapKeys: () => Promise.reject(new Error('no store')),
      }),
  };
  return world;
};

const isList = (handler: Handler | readonly Handler[] | undefined): handler is readonly Handler[] =>
  Array.isArray(handler);

const responseOf = ({ status = 200, body, headers = {} }: FakeAnswer, text?: string): Response =>
  new Response(status === 204 ? null : body === undefined ? (text ?? '') : JSON.stringify(body), {
    status,
    headers,
  });

/** The words of a command line. */
export const words = (line: string): readonly string[] => line.split(' ');

/** A service account as the API gives it. */
export const accountItem = (more: Readonly<Record<string, unknown>> = {}) => ({
  id: '11111111-1111-4111-8111-111111111111',
  clientId: '11111111-1111-4111-8111-111111111111',
  name: 'deploy',
  description: '',
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: ['certificates:read'],
  audiences: ['https://api.example.com'],
  role: null,
  status: 'enabled',
  accessTokenAlgorithm: null,
  capToSubjectExpiry: false,
  federations: [],
  createdAt: '2026-11-22T00:00:00.000Z',
  updatedAt: '2026-11-22T00:00:00.000Z',
  ...more,
});

/** An answer with one resource and its version. */
export const versioned = (body: unknown, version = 7): FakeAnswer => ({
  body,
  headers: { etag: `"${version}"` },
});

/** A page of a list. */
export const page = (items: readonly unknown[], nextCursor: string | null = null): FakeAnswer => ({
  body: { items, nextCursor },
});
