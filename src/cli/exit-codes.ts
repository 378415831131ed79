/** Exit codes of every command but `serve` (contract §6). */
export const exitCodes = {
  done: 0,
  /** The server, or the platform that was asked for a token, said no. */
  refused: 1,
  usage: 2,
  /** The server cannot be reached, or asks to come back later for longer than one waits. */
  unreachable: 3,
} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
