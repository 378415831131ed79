import type * as z from 'zod';
import { fail, ok, type Result } from '../core/result.ts';
import type { SchemasOf } from './operation-schemas.ts';
import { type AdminOperation, type AdminOperationName, adminOperations } from './operations.ts';

/** What a client needs to call the admin API of one tenant. */
export interface AdminClientOptions {
  /** The issuer identifier of the tenant, below which the API stands, or another address of the same server. */
  readonly baseUrl: string;
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
  /** The same for an answer without a bound: its bytes, as they come. */
  open<Name extends AdminOperationName>(
    name: Name,
    call: AdminCall<Name>,
  ): Promise<Result<ReadableStream<Uint8Array>, RefusedCall>>;
}

/**
 * A client of the admin API, made from its table of operations. A refusal is a value; what `fetch` throws when nothing
 * answers goes through. Redirects are refusals, never followed: the access token is for this address and no other.
 */
export const createAdminClient = (options: AdminClientOptions): AdminClient => {
  const send = async (
    name: AdminOperationName,
    call: AdminCall<AdminOperationName>,
  ): Promise<Response | null> => {
    const operation: AdminOperation = adminOperations[name];
    const params = (call.params ?? {}) as Readonly<Record<string, string>>;
    if (Object.values(params).some(namesNoResource)) return null;
    return options.fetch(urlOf(options.baseUrl, operation.path, params, call.query), {
      method: operation.method,
      redirect: 'manual',
      headers: {
        accept: `${operation.produces ?? 'application/json'}, application/problem+json`,
        authorization: `Bearer ${await options.accessToken()}`,
        ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  };
  const isExpected = (name: AdminOperationName, { status }: Response): boolean =>
    status === (adminOperations[name] satisfies AdminOperation).status;
  return {
    call: async (name, call) => {
      const response = await send(name, call);
      if (response === null) return fail(noResource);
      const text = await readText(response);
      if (text === null) return fail(tooLong(response));
      const body = parseJson(text);
      const isAnswer =
        isExpected(name, response) &&
        (response.status === 204 || (typeof body === 'object' && body !== null));
      if (!isAnswer) return fail(refusalOf(response, body));
      return ok({ body: body as never, etag: response.headers.get('etag') });
    },
    open: async (name, call) => {
      const response = await send(name, call);
      if (response === null) return fail(noResource);
      const body: ReadableStream<Uint8Array> | null = response.body;
      if (isExpected(name, response) && body !== null) return ok(body);
      const text = await readText(response);
      return text === null ? fail(tooLong(response)) : fail(refusalOf(response, parseJson(text)));
    },
  };
};

/** What a URL cannot carry as one segment of its path: it would lead to another resource (RFC 3986 §5.2.4). */
const namesNoResource = (param: string): boolean => /^\.{0,2}$/.test(param) || !param.isWellFormed();

const noResource: RefusedCall = {
  status: 404,
  code: 'not_found',
  detail: 'Nothing can have this name or id.',
  errors: [],
  retryAfterSeconds: null,
};

const urlOf = (
  baseUrl: string,
  path: string,
  params: Readonly<Record<string, string>>,
  query: unknown,
): string => {
  const filled = path.replaceAll(/\{([a-zA-Z]+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  const search = new URLSearchParams(
    Object.entries(query ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();
  return `${baseUrl}/api/v1${filled}${search === '' ? '' : `?${search}`}`;
};

/** Far more than the largest page; a list without end would fill the memory. */
const maxAnswerBytes = 16_777_216;

/** `null` as soon as the body is larger than {@link maxAnswerBytes}; what is left of it is not read. */
const readText = async (response: Response): Promise<string | null> => {
  const body: ReadableStream<Uint8Array> | null = response.body;
  if (body === null) return '';
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parts.join('') + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxAnswerBytes) {
      // Not waited for: nobody has to agree.
      reader.cancel().catch(() => undefined);
      return null;
    }
    parts.push(decoder.decode(value, { stream: true }));
  }
};

const tooLong = ({ status }: Response): RefusedCall => ({
  status,
  code: 'unknown',
  detail: `What answered is not this API: it sent more than ${maxAnswerBytes} bytes.`,
  errors: [],
  retryAfterSeconds: null,
});

const parseJson = (text: string): unknown => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

const refusalOf = (response: Response, body: unknown): RefusedCall => {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Readonly<
    Record<string, unknown>
  >;
  const retryAfter = response.headers.get('retry-after') ?? '';
  return {
    status: response.status,
    code: typeof problem['code'] === 'string' ? problem['code'] : 'unknown',
    detail:
      typeof problem['detail'] === 'string'
        ? problem['detail']
        : `What answered is not this API, or something between changed its answer: status ${response.status} without a reason.`,
    errors: Array.isArray(problem['errors']) ? problem['errors'].flatMap(readError) : [],
    retryAfterSeconds: /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null,
  };
};

const readError = (error: unknown): RefusedCall['errors'] => {
  const { path, message } = (typeof error === 'object' && error !== null ? error : {}) as Readonly<
    Record<string, unknown>
  >;
  return typeof path === 'string' && typeof message === 'string' ? [{ path, message }] : [];
};
