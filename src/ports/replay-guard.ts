import type { EpochMilliseconds } from '../core/time.ts';

/** What may be used once, by the tenant that whatever uses it belongs to. */
export interface SingleUse {
  /** The client id, or the issuer of a single-use third-party token. */
  readonly party: string;
  readonly jti: string;
  /** When the record may be forgotten: `exp` plus the clock tolerance. */
  readonly until: EpochMilliseconds;
}

/**
 * Remembers, durably and for every node, what may be used once (CA-14, CA-15). What a line of the trail uses up is noted
 * together with the line (`ActivityLog.recordOnce`).
 */
export interface ReplayGuard {
  /**
   * Insert-if-absent of (tenant, party, jti) in one atomic, durable step.
   *
   * @param party the client id, or the issuer of a single-use third-party token
   * @param until when the record may be forgotten: `exp` plus the clock tolerance
   * @returns `true` the first time, `false` when it was used before
   */
  consume(tenant: string, party: string, jti: string, until: EpochMilliseconds): Promise<boolean>;
  /** Whether (tenant, party, jti) was used, as far as is known now; nothing is consumed by asking. */
  isUsed(tenant: string, party: string, jti: string): Promise<boolean>;
  /** Forgets at most `limit` records whose time is over; how many. */
  forgetBefore(time: EpochMilliseconds, limit: number): Promise<number>;
}
