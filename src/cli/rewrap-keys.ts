import type { CommandContext } from './command-context.ts';
import { CommandFailed } from './command-failed.ts';
import { exitCodes } from './exit-codes.ts';

/** What `bureau keys rewrap` was told. */
export interface RewrapOptions {
  readonly fromKeyFile: string;
  readonly toKeyFile?: string;
  readonly config?: string;
  readonly json?: true;
}

/** Rewraps the keys of the store; the process brings it, for the command line sees no store. */
export type RewrapKeys = (options: {
  readonly file: string | null;
  readonly fromKeyFile: string;
  readonly toKeyFile: string | null;
}) => Promise<
  | { readonly failed: null; readonly rewrapped: number; readonly unchanged: number }
  | { readonly failed: 'usage' | 'refused' | 'unreachable'; readonly lines: readonly string[] }
>;

/** Runs `bureau keys rewrap` and says how many keys it was about. */
export const runRewrap = async (
  context: Pick<CommandContext, 'write'>,
  rewrapKeys: RewrapKeys,
  { config, fromKeyFile, toKeyFile, json }: RewrapOptions,
): Promise<void> => {
  const outcome = await rewrapKeys({
    file: config ?? null,
    fromKeyFile,
    toKeyFile: toKeyFile ?? null,
  });
  if (outcome.failed !== null) throw new CommandFailed(exitCodes[outcome.failed], outcome.lines);
  const { rewrapped, unchanged } = outcome;
  context.write(
    json === true
      ? `${JSON.stringify({ rewrapped, unchanged })}\n`
      : `${rewrapped} signing ${rewrapped === 1 ? 'key' : 'keys'} rewrapped, ${unchanged} unchanged\n`,
  );
};
