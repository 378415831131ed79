import type * as z from 'zod';
import { fail, ok, type Result } from '../core/result.ts';
import type { SchemasOf } from './operation-schemas.ts';
import { type AdminOperation, type AdminOperationName, adminOperations } from './operations.ts';

/** What a client needs to call the admin API of one tenant. */
export interface AdminClientOptions {
  /** Issuer identifier of the tenant; the API stands below it. */
  readonly issuer: string;
  /** An access token for the audience `<issuer>/api/v1`. */
  readonly accessToken: () => Promise<string>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** One call, typed by the shapes of its operation. */
export interface AdminCall<Name extends AdminOperationName> {
  readonly params?: z.input<SchemasOf<Name>['params']>;
  readonly query?: z.input<SchemasOf<Name>['query']>;
  readonly body?: z.input<NonNullable<SchemasOf<Name>['body']>>;
  /** The ETag of the version a change is about. */
  readonly ifMatch?: string;
}

/** What came back. */
export interface AdminReply<Name extends AdminOperationName> {
  readonly body: z.input<SchemasOf<Name>['response']>;
  /** For the If-Match of the next change. */
  readonly etag: string | null;
}

/** A refusal as the API words it (RFC 9457), or what else answered in its place. */
export interface RefusedCall {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** From `Retry-After`, where it says seconds. */
  readonly retryAfterSeconds: number | null;
}

/** Calls the operations of the admin API by their names. */
export interface AdminClient {
  call<Name extends AdminOperationName>(
    name: Name,
    call: AdminCall<Name>,
  ): Promise<Result<AdminReply<Name>, RefusedCall>>;
}

/**
 * A client of the admin API, made from its table of operations. A refusal is a value; what `fetch` throws when nothing
 * answers goes through. Redirects are errors: the access token is for this address and no other.
 */
export const createAdminClient = (options: AdminClientOptions): AdminClient => ({
  call: async (name, call) => {
    const operation: AdminOperation = adminOperations[name];
    const response = await options.fetch(urlOf(options.issuer, operation, call), {
      method: operation.method,
      redirect: 'error',
      headers: {
        accept: 'application/json, application/problem+json',
        authorization: `Bearer ${await options.accessToken()}`,
        ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const body = parseJson(await response.text());
    if (response.status !== operation.status) return fail(refusalOf(response, body));
    return ok({ body: body as never, etag: response.headers.get('etag') });
  },
});

const urlOf = (
  issuer: string,
  { path }: AdminOperation,
  call: { readonly params?: unknown; readonly query?: unknown },
): string => {
  const params = (call.params ?? {}) as Readonly<Record<string, string>>;
  const filled = path.replaceAll(/\{([a-zA-Z]+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  const query = new URLSearchParams(
    Object.entries(call.query ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();
  return `${issuer}/api/v1${filled}${query === '' ? '' : `?${query}`}`;
};

const parseJson = (text: string): unknown => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refusalOf = (response: Response, body: unknown): RefusedCall => {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<RefusedCall>;
  const retryAfter = response.headers.get('retry-after') ?? '';
  return {
    status: response.status,
    code: typeof problem.code === 'string' ? problem.code : 'unknown',
    detail:
      typeof problem.detail === 'string'
        ? problem.detail
        : `The server answered ${response.status} without a reason.`,
    errors: Array.isArray(problem.errors) ? problem.errors : [],
    retryAfterSeconds: /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null,
  };
};
