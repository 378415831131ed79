/** Exit codes of the process (contract §2; sysexits). */
export const exitCodes = { done: 0, failed: 1, usage: 2, configuration: 78 } as const;

/** Thrown while starting when an operator has to change something first; each line says what. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  readonly lines: readonly string[];
  readonly exitCode: number;
  constructor(lines: readonly string[], exitCode: number = exitCodes.failed) {
    super(lines.join('\n'));
    this.lines = lines;
    this.exitCode = exitCode;
  }
}
