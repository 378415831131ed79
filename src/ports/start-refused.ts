/** Exit codes of the process (contract §2; sysexits). */
export const exitCodes = { done: 0, failed: 1, usage: 2, configuration: 78 } as const;

/** Thrown while starting when an operator has to change something first; each line says what. */
export class StartRefused extends Error {
  override readonly name: string = 'StartRefused';
  readonly lines: readonly string[];
  readonly exitCode: number;
  constructor(
    lines: readonly string[],
    { exitCode = exitCodes.failed, ...options }: ErrorOptions & { readonly exitCode?: number } = {},
  ) {
    super(lines.join('\n'), options);
    this.lines = lines;
    this.exitCode = exitCode;
  }
}
