import { fail, ok, type Result } from '../../core/result.ts';
import { parseDocument } from './parse-document.ts';
import { trustDomainOf } from '../../core/trust/trust-domain.ts';
import type { TrustedIssuer } from '../../core/trust/trusted-issuer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuardedFetch } from '../../ports/guarded-fetch.ts';
import { freshnessSeconds } from './freshness.ts';

/** Finds out where the key set of an issuer is. */
export interface JwksLocation {
  /** The JWKS URI, registered or discovered, and the milliseconds that took; the error is a sentence for an administrator. */
  find(request: {
    readonly isForced: boolean;
    readonly withinMilliseconds: number;
    readonly signal: AbortSignal;
  }): Promise<{
    readonly found: Result<string, string>;
    readonly elapsedMilliseconds: number;
  }>;
  /** Discovers anew next time: what was discovered led nowhere. */
  forget(): void;
}

/** What a location is made of. */
export interface JwksLocationOptions {
  readonly issuer: Pick<TrustedIssuer, 'issuer' | 'jwksUri' | 'caCertificates'>;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly freshByDefaultSeconds: number;
}

/** Where the discovery document of an issuer is (OIDC Discovery §4.1: a trailing slash is dropped first). */
export const discoveryUrl = (issuer: string): string =>
  `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/.well-known/openid-configuration`;

/** A registered JWKS URI, or discovery, remembered for as long as the document is fresh. */
export const createJwksLocation = (options: JwksLocationOptions): JwksLocation => {
  const { issuer, fetch, clock } = options;
  let discovered: { readonly jwksUri: string; readonly until: number } | null = null;

  return {
    find: async ({ isForced, withinMilliseconds, signal }) => {
      if (issuer.jwksUri !== null) return { found: ok(issuer.jwksUri), elapsedMilliseconds: 0 };
      if (trustDomainOf(issuer.issuer) !== null)
        return { found: fail('The trust domain has no bundle endpoint.'), elapsedMilliseconds: 0 };
      if (!isForced && discovered !== null && clock.monotonic() < discovered.until)
        return { found: ok(discovered.jwksUri), elapsedMilliseconds: 0 };
      const url = discoveryUrl(issuer.issuer);
      const answer = await fetch.get({
        url,
        caCertificates: issuer.caCertificates,
        ifNoneMatch: null,
        ifModifiedSince: null,
        withinMilliseconds,
        signal,
      });
      const { elapsedMilliseconds } = answer;
      if (answer.outcome === 'failed')
        return { found: fail(`Discovery failed: ${answer.detail}`), elapsedMilliseconds };
      if (answer.outcome === 'not-modified')
        return { found: fail(`Discovery failed: ${url} answered 304.`), elapsedMilliseconds };
      const read = readDiscovery(answer.text, issuer.issuer, fetch);
      if (!read.ok) return { found: fail(`Discovery failed: ${url} ${read.error}`), elapsedMilliseconds };
      const seconds = freshnessSeconds(answer.fields, options.freshByDefaultSeconds, clock.now());
      discovered = { jwksUri: read.value, until: clock.monotonic() + seconds * 1000 };
      return { found: read, elapsedMilliseconds };
    },
    forget: () => {
      discovered = null;
    },
  };
};

/** The `jwks_uri` of a discovery document that is about this very issuer (OIDC Discovery §4.3, JF-16). */
const readDiscovery = (
  text: string,
  issuer: string,
  fetch: Pick<GuardedFetch, 'checkUrl'>,
): Result<string, string> => {
  const document = parseDocument(text);
  if (!document.ok) return document;
  const named = new Map(Object.entries(document.value));
  const said = named.get('issuer');
  if (said !== issuer)
    return fail(`is about another issuer: ${show(said)} is not ${JSON.stringify(issuer)}.`);
  const jwksUri = named.get('jwks_uri');
  if (typeof jwksUri !== 'string') return fail('names no jwks_uri.');
  if (issuer.startsWith('https:') && !jwksUri.startsWith('https:'))
    return fail(`names a jwks_uri that is not https: ${show(jwksUri)}.`);
  const problem = fetch.checkUrl(jwksUri);
  return problem === null
    ? ok(jwksUri)
    : fail(`names a jwks_uri that is not fetched, ${show(jwksUri)}: ${problem}`);
};

const show = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 256)) : 'nothing readable';
