import type { JsonObject } from '../core/json.ts';
import type { Result } from '../core/result.ts';
import type { EpochMilliseconds } from '../core/time.ts';

/** A public key as somebody else wrote it down. */
export interface PublicKeyText {
  /** As it stands there: not yet assessed. */
  readonly jwk: JsonObject;
  /** End of validity of an X.509 certificate; `null` for a bare key, which has none. */
  readonly expiresAt: EpochMilliseconds | null;
}

/**
 * Reads one public key from PEM: SPKI (RFC 7468 §13), PKCS#1 (RFC 8017 A.1.1), or the key of one X.509 certificate
 * (RFC 7468 §5). The error is a sentence that never quotes what was sent, for it may be a private key.
 */
export type ReadPublicKeyText = (pem: string) => Result<PublicKeyText, string>;
