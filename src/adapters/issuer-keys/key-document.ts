import type { JsonObject } from '../../core/json.ts';
import { readBundleEntry, readRefreshSeconds, readSequence } from '../../core/spiffe/bundle-entry.ts';
import type { Result } from '../../core/result.ts';
import type { SignatureVerifier } from '../../ports/signature-verifier.ts';
import { type EntryRules, type KeySet, readKeySet } from './key-set.ts';

/** What kind of document holds the keys of an issuer: how it is read, believed and kept fresh. */
export interface KeyDocument {
  /** The error is the rest of a sentence that begins with the URL. */
  readonly read: (document: JsonObject, importKey: SignatureVerifier['importKey']) => Result<KeySet, string>;
  /**
   * Whether a document without a usable key ends the trust in those known before at once, or is taken for the mistake it
   * mostly is.
   */
  readonly emptyIsMeant: boolean;
  /** How often it wants to be looked at by what it says itself, in seconds; `null`: HTTP says how long it is fresh. */
  readonly refreshSeconds: (document: JsonObject) => number | null;
  /** Which of two documents is the later one, by what they say themselves; `null`: this one does not say. */
  readonly sequence: (document: JsonObject) => number | null;
}

/** A JWK Set (RFC 7517 §5). */
export const jwkSetDocument: KeyDocument = {
  read: (document, importKey) => readKeySet(document, importKey),
  emptyIsMeant: false,
  refreshSeconds: () => null,
  sequence: () => null,
};

/** A SPIFFE bundle has entries for other purposes, and each `kid` once (SPIFFE Bundle §4.2; SV-18, SV-19). */
export const bundleEntryRules: EntryRules = { read: readBundleEntry, kidIsUnique: true };

/**
 * A SPIFFE bundle. An empty one means that no JWT-SVID of the trust domain is valid any more (SPIFFE Bundle §4.1.3, SV-21),
 * and how often it is looked at is for the bundle to say, not for HTTP (SPIFFE Federation §4.1, SV-24).
 */
export const bundleDocument: KeyDocument = {
  read: (document, importKey) => readKeySet(document, importKey, bundleEntryRules),
  emptyIsMeant: true,
  refreshSeconds: readRefreshSeconds,
  sequence: readSequence,
};
