import { gunzipSync } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  DocumentAnswer,
  DocumentRequest,
  FreshnessFields,
  GuardedFetch,
} from '../../ports/guarded-fetch.ts';
import { describeFailure } from './describe-failure.ts';
import { type FetchUrl, parseFetchUrl } from './fetch-url.ts';
import { createGuardedConnector } from './guarded-connector.ts';
import { type IssuerAccess, openIssuerAccess } from './issuer-access.ts';
import { createConcurrencyLimit } from './limit-concurrency.ts';
import { createNameLookUp, type NameLookUp } from './look-up-name.ts';
import type { OutboundAllow } from './outbound-allow.ts';

/** The caps on one fetch (JF-05). */
export interface FetchLimits {
  readonly connectMilliseconds: number;
  readonly totalMilliseconds: number;
  /** Of the body, before and after decoding. */
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** Fetches of the whole process at one time; the callers keep to one per issuer, so that is how many may hang. */
  readonly atOnce: number;
}

/** 2 s to connect, 5 s in all, 256 KiB (JF-05). */
export const defaultFetchLimits: FetchLimits = {
  connectMilliseconds: 2000,
  totalMilliseconds: 5000,
  bodyBytes: 256 * 1024,
  headerBytes: 16 * 1024,
  atOnce: 128,
};

/** What the only outgoing fetch is made of. */
export interface GuardedFetchOptions {
  readonly allow: OutboundAllow;
  readonly access?: readonly IssuerAccess[];
  readonly userAgent: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Default: the hosts file, then the DNS, off the thread pool. */
  readonly lookUp?: NameLookUp;
  readonly limits?: Partial<FetchLimits>;
}

/**
 * Makes the only way out of this process (JF-04, JF-05, JF-11, JF-12; A46–A48, A52, A55, A59). Each fetch has a connection
 * of its own that is gone afterwards: no pool, no cookies, no TLS session, no proxy of the environment, nothing of one
 * issuer that another could meet. Redirects are answers like any other, and not good ones.
 */
export const createGuardedFetch = (
  options: GuardedFetchOptions,
): GuardedFetch & { close(): Promise<void> } => {
  const { allow, access = [], clock } = options;
  const lookUp = options.lookUp ?? createNameLookUp(clock);
  const closing = new AbortController();
  const limits = { ...defaultFetchLimits, ...options.limits };
  const inTurn = createConcurrencyLimit(limits.atOnce);

  const attempt = async (request: DocumentRequest, url: FetchUrl, signal: AbortSignal): Promise<Answer> => {
    const opened = await openIssuerAccess(access, url.origin, request.caCertificates, signal);
    if (!opened.ok) return failed(opened.error);
    // With the first fetch and not with the server: a start has other things to load.
    const { Client } = await import('undici');
    const connect = createGuardedConnector({
      allow,
      lookUp,
      ca: opened.value.ca,
      connectMilliseconds: limits.connectMilliseconds,
      signal,
    });
    const client = new Client(url.origin, {
      connect,
      pipelining: 1,
      maxHeaderSize: limits.headerBytes,
      maxResponseSize: limits.bodyBytes,
      headersTimeout: limits.totalMilliseconds,
      bodyTimeout: limits.totalMilliseconds,
    });
    try {
      const headers = buildHeaders(request, options.userAgent, opened.value.authorization);
      const response = await client.request({ method: 'GET', path: url.path, headers, signal, reset: true });
      return await readAnswer(request, response, limits.bodyBytes);
    } finally {
      // Not awaited: a server that does not close must not hold the fetch.
      void client.destroy().catch(() => undefined);
    }
  };

  const get = async (request: DocumentRequest): Promise<DocumentAnswer> => {
    const parsed = parseFetchUrl(request.url, allow);
    if (!parsed.ok) return { ...failed(parsed.error), elapsedMilliseconds: 0 };
    const url = parsed.value;
    return inTurn(async () => {
      const begun = clock.monotonic();
      const within = Math.min(
        request.withinMilliseconds ?? limits.totalMilliseconds,
        limits.totalMilliseconds,
      );
      const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(within)));
      const signal = AbortSignal.any([
        deadline,
        closing.signal,
        ...(request.signal === undefined ? [] : [request.signal]),
      ]);
      const answer = await orAborted(attempt(request, url, signal), signal).catch((error: unknown) =>
        failed(
          `${url.origin}: ${deadline.aborted ? `no complete answer within ${within / 1000} s` : describeFailure(error)}.`,
        ),
      );
      return { ...answer, elapsedMilliseconds: clock.monotonic() - begun };
    });
  };

  return {
    checkUrl: (url) => {
      const parsed = parseFetchUrl(url, allow);
      return parsed.ok ? null : parsed.error;
    },
    get,
    close: async () => closing.abort(),
  };
};

type Answer =
  | { readonly outcome: 'fetched'; readonly text: string; readonly fields: FreshnessFields }
  | { readonly outcome: 'not-modified'; readonly fields: FreshnessFields }
  | { readonly outcome: 'failed'; readonly detail: string };

const failed = (detail: string): Answer => ({ outcome: 'failed', detail });

/** Settles with the task, or rejects when the signal fires first: a name look-up in progress does not know signals. */
const orAborted = <T>(task: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('given up', 'AbortError'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    task.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/** Everything the request says; no Accept-Encoding, so that identity is what comes (A59, JF-12). */
const buildHeaders = (
  request: DocumentRequest,
  userAgent: string,
  authorization: string | null,
): Record<string, string> => ({
  'user-agent': userAgent,
  accept: 'application/json, application/jwk-set+json',
  ...(authorization === null ? {} : { authorization }),
  ...(request.ifNoneMatch === null ? {} : { 'if-none-match': request.ifNoneMatch }),
  ...(request.ifModifiedSince === null ? {} : { 'if-modified-since': request.ifModifiedSince }),
});

const readAnswer = async (
  request: DocumentRequest,
  response: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<Answer> => {
  const { statusCode: status, headers } = response;
  const fields = readFields(headers);
  const isConditional = request.ifNoneMatch !== null || request.ifModifiedSince !== null;
  if (status === 304 && isConditional) return { outcome: 'not-modified', fields };
  if (status === 304) return failed(`${request.url} answered 304 to a request that had no condition.`);
  if (status >= 300 && status < 400)
    return failed(
      `${request.url} answered ${status}: redirects are not followed; register the address it leads to.`,
    );
  if (status === 401 || status === 403)
    return failed(
      `${request.url} answered ${status}: it wants a credential; the operator can set issuerAccess for it.`,
    );
  if (status !== 200) return failed(`${request.url} answered ${status} instead of 200.`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) return failed(tooLarge(request.url, maxBytes));
    chunks.push(chunk);
  }
  const text = decode(Buffer.concat(chunks), headers['content-encoding'], maxBytes);
  return text.ok ? { outcome: 'fetched', text: text.value, fields } : failed(`${request.url} ${text.error}`);
};

const tooLarge = (url: string, maxBytes: number): string =>
  `${url} answered with more than ${maxBytes / 1024} KiB.`;

/**
 * The text of a body. gunzip runs here and not in the thread pool: what goes in and what may come out are both capped, so
 * it is over in a millisecond, and a bomb stops at the cap.
 */
const decode = (
  body: Buffer,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Result<string, string> => {
  let plain = body;
  if (encoding !== undefined && encoding !== 'identity') {
    if (encoding !== 'gzip' && encoding !== 'x-gzip')
      return fail('answered in a Content-Encoding that was not asked for.');
    try {
      plain = gunzipSync(body, { maxOutputLength: maxBytes });
    } catch (error) {
      const isBomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      return fail(
        isBomb
          ? `answered with more than ${maxBytes / 1024} KiB after decompression.`
          : 'answered with broken gzip.',
      );
    }
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch {
    return fail('answered with a body that is not UTF-8.');
  }
};

const readFields = (headers: Dispatcher.ResponseData['headers']): FreshnessFields => {
  const field = (name: string): string | null => {
    const value = headers[name];
    return value === undefined ? null : typeof value === 'string' ? value : value.join(', ');
  };
  return {
    cacheControl: field('cache-control'),
    expires: field('expires'),
    date: field('date'),
    age: field('age'),
    etag: field('etag'),
    lastModified: field('last-modified'),
  };
};
