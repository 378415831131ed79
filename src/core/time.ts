/** Seconds since 1970-01-01T00:00:00Z, the unit of every JWT time claim (RFC 7519 §2, NumericDate). */
export type EpochSeconds = number;

/** Milliseconds since 1970-01-01T00:00:00Z, the unit of every stored time. */
export type EpochMilliseconds = number;

/** How far ahead of our clock an `iat` or `nbf` may lie. `exp` has no tolerance (contract §3). */
export const clockToleranceSeconds = 60;

/** The longest `exp - iat` of a third-party token (contract §3). */
export const maxThirdPartyLifetimeSeconds = 7200;

/** The longest life of an own-key assertion, from `iat` and from now (contract §3). */
export const maxAssertionLifetimeSeconds = 3600;

/** The life of an access token; no configuration exceeds it (AT-08). */
export const accessTokenLifetimeSeconds = 900;

/** `milliseconds` as whole epoch seconds, rounded down. */
export const toEpochSeconds = (milliseconds: EpochMilliseconds): EpochSeconds =>
  Math.floor(milliseconds / 1000);
