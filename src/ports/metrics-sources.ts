import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import type { KeyPurpose } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';

/** What operators watch of the keys of one trusted issuer. */
export interface IssuerKeyState {
  readonly tenant: string;
  /** As registered; never what a token says. */
  readonly issuer: string;
  /** When the set in use was fetched; `null` while none is held. */
  readonly fetchedAt: EpochMilliseconds | null;
  readonly lastAttemptAt: EpochMilliseconds | null;
  /** Whether the last attempt that ended was good; `null` before the first one ended. */
  readonly lastAttemptWasGood: boolean | null;
  /** Attempts that failed since the keys were first asked for. */
  readonly failures: number;
  /** How many fetches an unknown `kid` may cause right now (A50). */
  readonly unknownKidFetchesLeft: 0 | 1;
}

/** What operators watch of one active signing key. */
export interface SigningKeyState {
  readonly tenant: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: AccessTokenAlgorithm;
  readonly signsSince: EpochMilliseconds;
  /** When it hands over to the next one, by itself. */
  readonly retiresAt: EpochMilliseconds;
}

/** The activities that are not durable yet. */
export interface WaitingActivities {
  readonly count: number;
  /** How long the oldest has been waiting; 0 where none is. */
  readonly oldestSeconds: number;
}

/** Where the metrics that are looked up at each scrape come from. Nothing here reads the store but `ping`. */
export interface MetricsSources {
  readonly version: string;
  readonly issuerKeys: () => readonly IssuerKeyState[];
  readonly signingKeys: () => readonly SigningKeyState[];
  readonly waitingActivities: () => WaitingActivities;
  /** Lines of the log that could not be written, since the start. */
  readonly droppedLogLines: () => number;
  /** Requests that were refused because there were too many, since the start, and those being answered. */
  readonly load: {
    readonly refused: () => number;
    readonly inFlight: () => number;
  };
  readonly store: {
    readonly engine: string;
    /** Resolves when the store answers and accepts writes. */
    readonly ping: () => Promise<void>;
  };
}
