import type { SignatureAlgorithm } from '../core/jwt/algorithms.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { TrustedIssuer } from '../core/trust/trusted-issuer.ts';
import type { VerificationKey } from './signature-verifier.ts';

/** What the key set of an issuer says about one token header. */
export type KeyLookup =
  | {
      readonly found: 'key';
      readonly key: VerificationKey;
      /** {@link KeyHealth.clockOffsetSeconds}, for hints. */
      readonly clockOffsetSeconds?: number | null;
    }
  /** The set is known and holds no key of this `kid`, or none that fits the algorithm. */
  | { readonly found: 'unknown' | 'unfit' | 'ambiguous'; readonly detail: string }
  /** No usable set right now: the token might be good (503, never 400). */
  | { readonly found: 'unavailable'; readonly detail: string; readonly retryAfterSeconds: number };

/** One key as an administrator sees it. */
export interface KeySummary {
  readonly kid: string | null;
  readonly kty: string;
  readonly alg: string | null;
  readonly thumbprint: string;
}

/** What is known of an issuer's keys and how the last fetch went (contract §5, key health). */
export interface KeyHealth {
  readonly source: 'pinned' | 'jwks-uri' | 'discovery' | 'bundle-endpoint';
  /** Where the set was or would be fetched from; `null` while discovery has not succeeded. */
  readonly jwksUri: string | null;
  readonly keys: readonly KeySummary[];
  /** Entries of the set that are not used, each with the reason. */
  readonly ignored: readonly string[];
  readonly fetchedAt: EpochMilliseconds | null;
  /** Until when the set counts as fresh. */
  readonly freshUntil: EpochMilliseconds | null;
  /** Until when it serves should the issuer be out of reach. */
  readonly usableUntil: EpochMilliseconds | null;
  readonly lastAttemptAt: EpochMilliseconds | null;
  /** `null` after a success. */
  readonly lastError: string | null;
  /** How far the issuer's clock was ahead of ours when it last answered, in seconds; `null` where it never said. */
  readonly clockOffsetSeconds: number | null;
}

/** The verification keys of trusted issuers: fetched, guarded, cached, refreshed in the background. */
export interface IssuerKeys {
  /** The key for a token of `issuer` with this header. Never throws for what the issuer answered. */
  find(
    issuer: TrustedIssuer,
    header: { readonly alg: SignatureAlgorithm; readonly kid: string | null },
  ): Promise<KeyLookup>;
  /** Fetches now, whatever is cached, and says how it went. */
  refresh(issuer: TrustedIssuer): Promise<KeyHealth>;
  /** What is known, without any fetch. */
  health(issuer: TrustedIssuer): KeyHealth;
  /** Forgets what is cached for an issuer that was changed or removed (A56). */
  forget(tenant: string, issuerId: string): void;
}
