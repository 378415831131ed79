import { createIssuerKeys, type IssuerKeysOptions } from '../../src/adapters/issuer-keys/issuer-keys.ts';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { createGuardedFetch, type GuardedFetchOptions } from '../../src/adapters/outbound/guarded-fetch.ts';
import { parseOutboundAllow } from '../../src/adapters/outbound/outbound-allow.ts';
import { createSignatureVerifier } from '../../src/adapters/signature/signature-verifier.ts';
import { allSignatureAlgorithms } from '../../src/core/jwt/algorithms.ts';
import type { TrustedIssuer } from '../../src/core/trust/trusted-issuer.ts';
import type { DocumentAnswer, DocumentRequest, GuardedFetch } from '../../src/ports/guarded-fetch.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** A registered trusted issuer with everything at its default, but for `changes`. */
export const trustedIssuer = (
  changes: Partial<TrustedIssuer> & { readonly issuer: string },
): TrustedIssuer => ({
  tenant: 'default',
  id: changes.issuer,
  jwksUri: null,
  jwks: null,
  algorithms: allSignatureAlgorithms,
  allowAccessTokenType: false,
  replay: 'reusable',
  staleIfErrorSeconds: 3600,
  caCertificates: null,
  status: 'enabled',
  createdAt: 0,
  updatedAt: 0,
  version: 1,
  ...changes,
});

/** A line that would have been logged. */
export interface LoggedLine {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The keys of trusted issuers over a real guarded fetch or a scripted one, on a clock the test moves. */
export interface ForeignKeys {
  readonly keys: ReturnType<typeof createIssuerKeys>;
  readonly fetch: GuardedFetch;
  readonly clock: ManualClock;
  readonly log: readonly LoggedLine[];
  /** Until no fetch is under way and every answer was taken in. */
  readonly idle: () => Promise<void>;
}

/** What {@link createForeignKeys} is made of. */
export interface ForeignKeysOptions extends Partial<Omit<GuardedFetchOptions, 'allow' | 'clock'>> {
  /** BUREAU_OUTBOUND_ALLOW; default nothing. */
  readonly allow?: string;
  readonly fetch?: GuardedFetch;
  readonly refreshIntervalSeconds?: number;
  readonly verifier?: IssuerKeysOptions['verifier'];
}

/** A guarded fetch for tests. */
export const guardedFetch = (
  options: Omit<ForeignKeysOptions, 'fetch'> = {},
): ReturnType<typeof createGuardedFetch> => {
  const allow = parseOutboundAllow(options.allow ?? '');
  if (!allow.ok) throw new Error(allow.error.join('; '));
  return createGuardedFetch({
    userAgent: 'bureau/0.0.0',
    clock: systemClock,
    ...options,
    allow: allow.value,
  });
};

/** Issuer keys for tests; close `keys`. */
export const createForeignKeys = (options: ForeignKeysOptions = {}): ForeignKeys => {
  const clock = createManualClock();
  const log: LoggedLine[] = [];
  const note =
    (level: LoggedLine['level']) =>
    (details: object, message: string): void =>
      void log.push({ level, message, details: details as LoggedLine['details'] });
  const inner = options.fetch ?? guardedFetch(options);
  const pending = new Set<Promise<DocumentAnswer>>();
  const fetch: GuardedFetch = {
    checkUrl: (url) => inner.checkUrl(url),
    get: (request) => {
      const answer = inner.get(request);
      pending.add(answer);
      return answer.finally(() => pending.delete(answer));
    },
  };
  const idle = async (): Promise<void> => {
    await breathe();
    while (pending.size > 0) {
      await Promise.allSettled(pending);
      await breathe();
    }
  };
  const keys = createIssuerKeys({
    fetch,
    verifier: options.verifier ?? createSignatureVerifier(),
    clock,
    log: { info: note('info'), warn: note('warn') },
    random: () => 0,
    ...(options.refreshIntervalSeconds === undefined
      ? {}
      : { refreshIntervalSeconds: options.refreshIntervalSeconds }),
  });
  return { keys, fetch, clock, log, idle };
};

/** A fetch that answers what the test says, and remembers what was asked. */
export interface ScriptedFetch extends GuardedFetch {
  readonly requests: readonly DocumentRequest[];
  /** What to answer from now on. A promise is awaited; rejects for none. */
  answer(next: (request: DocumentRequest) => ScriptedAnswer | Promise<ScriptedAnswer>): void;
}

/** An answer without the bookkeeping. */
export type ScriptedAnswer =
  | {
      readonly keys: readonly unknown[];
      readonly cacheControl?: string;
      readonly etag?: string;
      readonly date?: string;
      readonly age?: string;
    }
  | { readonly text: string; readonly cacheControl?: string }
  | { readonly notModified: true; readonly cacheControl?: string }
  | { readonly failed: string };

/** Creates a {@link ScriptedFetch}; at first everything fails. */
export const createScriptedFetch = (): ScriptedFetch => {
  const requests: DocumentRequest[] = [];
  let script: Parameters<ScriptedFetch['answer']>[0] = () => ({ failed: 'no script.' });
  return {
    requests,
    checkUrl: () => null,
    answer: (next) => {
      script = next;
    },
    get: async (request): Promise<DocumentAnswer> => {
      requests.push(request);
      const given = await Promise.race([
        Promise.resolve(script(request)),
        new Promise<ScriptedAnswer>((resolve) =>
          request.signal?.addEventListener('abort', () => resolve({ failed: 'given up.' })),
        ),
      ]);
      const nothing = {
        cacheControl: null,
        expires: null,
        date: null,
        age: null,
        etag: null,
        lastModified: null,
      };
      if ('failed' in given) return { outcome: 'failed', detail: given.failed, elapsedMilliseconds: 1 };
      const fields = {
        ...nothing,
        cacheControl: given.cacheControl ?? null,
        etag: 'etag' in given ? (given.etag ?? null) : null,
        date: 'date' in given ? (given.date ?? null) : null,
        age: 'age' in given ? (given.age ?? null) : null,
      };
      if ('notModified' in given) return { outcome: 'not-modified', fields, elapsedMilliseconds: 1 };
      const text = 'text' in given ? given.text : JSON.stringify({ keys: given.keys });
      return { outcome: 'fetched', text, fields, elapsedMilliseconds: 1 };
    },
  };
};

/** Lets everything that is ready to run, run. */
export const breathe = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};
