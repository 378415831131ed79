import { fail, ok, type Result } from '../../core/result.ts';
import type { TrustedIssuer } from '../../core/trust/trusted-issuer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FreshnessFields, GuardedFetch } from '../../ports/guarded-fetch.ts';
import type { SignatureVerifier } from '../../ports/signature-verifier.ts';
import { clockOffsetSeconds } from './clock-offset.ts';
import { freshnessSeconds } from './freshness.ts';
import type { JwksLocation } from './jwks-location.ts';
import type { KeyDocument } from './key-document.ts';
import type { KeySet } from './key-set.ts';
import { parseDocument } from './parse-document.ts';

/** Milliseconds for one refresh in all, discovery included (JF-05). */
const refreshMilliseconds = 5000;

/** What makes the next request conditional, and for which URL (JF-07). */
export interface Validators {
  readonly jwksUri: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A good answer: a new set, or `null` when the one we hold is still the current one. */
export interface FetchedKeySet {
  readonly set: KeySet | null;
  /** By HTTP; what the document says itself goes before. */
  readonly freshSeconds: number;
  /** How often a new set wants to be looked at by what its document says; `null`: it does not say. */
  readonly refreshSeconds: number | null;
  /** Of a new set; `null`: it does not say. */
  readonly sequence: number | null;
  readonly validators: Validators;
  /** How far the clock behind the JWKS URI is ahead of ours; `null`: it did not say. */
  readonly clockOffsetSeconds: number | null;
}

/** What one fetch needs. */
export interface KeySetFetch {
  readonly issuer: Pick<TrustedIssuer, 'caCertificates'>;
  readonly location: JwksLocation;
  readonly document: KeyDocument;
  readonly fetch: GuardedFetch;
  readonly importKey: SignatureVerifier['importKey'];
  readonly clock: Clock;
  readonly freshByDefaultSeconds: number;
}

/** How the fetch is to be made. */
export interface KeySetRequest {
  /** An administrator asked: nothing remembered counts, neither location nor validators. */
  readonly isForced: boolean;
  readonly validators: Validators | null;
  readonly signal: AbortSignal;
}

/** Fetches the key set once. The error is a sentence for an administrator. */
export const fetchKeySet = async (
  { issuer, location, document, fetch, importKey, clock, freshByDefaultSeconds }: KeySetFetch,
  { isForced, validators: before, signal }: KeySetRequest,
): Promise<Result<FetchedKeySet, string>> => {
  const located = await location.find({ isForced, withinMilliseconds: refreshMilliseconds, signal });
  if (!located.found.ok) return located.found;
  const jwksUri = located.found.value;
  const known = !isForced && before?.jwksUri === jwksUri ? before : null;
  const answer = await fetch.get({
    url: jwksUri,
    caCertificates: issuer.caCertificates,
    ifNoneMatch: known?.etag ?? null,
    ifModifiedSince: known?.etag === null ? known.lastModified : null,
    withinMilliseconds: refreshMilliseconds - located.elapsedMilliseconds,
    signal,
  });
  if (answer.outcome === 'failed') {
    location.forget();
    return fail(answer.detail);
  }
  const offset = clockOffsetSeconds(answer.fields, clock.now(), answer.elapsedMilliseconds);
  const freshSeconds = freshnessSeconds(answer.fields, freshByDefaultSeconds, clock.now());
  if (answer.outcome === 'not-modified') {
    const kept = known ?? readValidators(jwksUri, answer.fields);
    return ok({
      set: null,
      freshSeconds,
      refreshSeconds: null,
      sequence: null,
      validators: kept,
      clockOffsetSeconds: offset,
    });
  }
  const parsed = parseDocument(answer.text);
  if (!parsed.ok) return fail(`${jwksUri} ${parsed.error}`);
  const set = document.read(parsed.value, importKey);
  if (!set.ok) return fail(`${jwksUri} ${set.error}`);
  const refreshSeconds = document.refreshSeconds(parsed.value);
  const validators = readValidators(jwksUri, answer.fields);
  return ok({
    set: set.value,
    freshSeconds,
    refreshSeconds,
    sequence: document.sequence(parsed.value),
    validators,
    clockOffsetSeconds: offset,
  });
};

/** Only validators that can be sent back as they came (RFC 9110 §8.8.3: visible characters). */
const readValidators = (jwksUri: string, { etag, lastModified }: FreshnessFields): Validators => ({
  jwksUri,
  etag: etag !== null && /^(W\/)?"[\x21\x23-\x7e]{0,256}"$/.test(etag) ? etag : null,
  lastModified: lastModified !== null && /^[A-Za-z0-9:, ]{1,64}$/.test(lastModified) ? lastModified : null,
});
