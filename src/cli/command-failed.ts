import { type ExitCode, exitCodes } from './exit-codes.ts';

/** Ends a command with one clear line or more on stderr. What is shown never holds a token or a key (A102). */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];
  constructor(exitCode: ExitCode, lines: readonly string[], options: ErrorOptions = {}) {
    super(lines.join('\n'), options);
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

/** The server, or a platform, said no. */
export const refused = (...lines: string[]): CommandFailed => new CommandFailed(exitCodes.refused, lines);

/** What was asked for on the command line, in the environment or in a file cannot be done. */
export const misused = (...lines: string[]): CommandFailed => new CommandFailed(exitCodes.usage, lines);

/** Nothing was decided, because the server could not be reached. */
export const unreachable = (...lines: string[]): CommandFailed =>
  new CommandFailed(exitCodes.unreachable, lines);
