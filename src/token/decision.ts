import type { OAuthErrorCode } from '../core/oauth/errors.ts';
import type { RefusalReason } from '../core/oauth/reasons.ts';
import type { Evidence } from './evidence.ts';

/** What was decided about one request, at the token endpoint or beside it; nothing of it has left yet. */
export interface Decision<Granted extends object> {
  /** The tenant whose trail shows it. */
  readonly tenant: string;
  readonly door: string | null;
  readonly tokenHash: string | null;
  readonly evidence: Omit<Evidence, 'of' | 'noteForm' | 'noteToken' | 'noteParts' | 'noteGoodSignature'>;
  readonly outcome: ({ readonly ok: true } & Granted) | RefusedOutcome;
}

/** A refusal, and the code of this door for a bad token or assertion. */
export interface RefusedOutcome {
  readonly ok: false;
  readonly reason: RefusalReason;
  readonly presentedTokenError: OAuthErrorCode;
}
