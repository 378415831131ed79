/** What a command touches of the world; tests give their own. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** The name of this program and its version, for `User-Agent`. */
  readonly userAgent: string;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after `milliseconds`, or at once when {@link stopping} is aborted. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Aborted by SIGTERM and SIGINT, for commands that run until then. */
  readonly stopping: AbortSignal;
  /** Runs a program of the platform, without a shell; its exit code, `null` where there is no such program. */
  readonly run: (
    program: string,
    args: readonly string[],
    input?: string,
  ) => Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /**
   * The text of a file, or of stdin for `-`; `null` where there is none.
   *
   * @throws CommandFailed (misused) for one that cannot be read, or that is far larger than a token or a key
   */
  readonly readText: (path: string) => Promise<string | null>;
  /**
   * The bytes of a file of any size, from its beginning.
   *
   * @throws CommandFailed (misused), while it is read, for one that cannot be read
   */
  readonly readBytes: (path: string) => AsyncIterable<Uint8Array>;
  /** The permission bits of a file; `null` where there is none, or where they mean nothing. */
  readonly fileMode: (path: string) => Promise<number | null>;
  /** A number in [0, 1), for pauses that should not be the same everywhere. */
  readonly random: () => number;
  /** Writes to stdout, as it is. */
  readonly write: (text: string) => void;
  /**
   * Resolves when all of it is out, or nobody wants the rest.
   *
   * @throws CommandFailed (misused) where it went nowhere: a full disk, a closed pipe
   */
  readonly written: () => Promise<void>;
  /** One line on stderr. */
  readonly say: (line: string) => void;
  /** Whether a person looks at stdout. */
  readonly isTerminal: boolean;
}
