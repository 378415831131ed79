import type { CommandContext } from '../command-context.ts';
import { maskCommand } from './printable.ts';

/** Makes a CI hide a secret in its log from now on. */
export type Mask = (secret: string) => Promise<void>;

/**
 * Creates the mask of the CI this runs in; elsewhere it does nothing. Each secret is masked once.
 *
 * GitHub's runner reads commands from stderr as well as from stdout, and of what has come in by then it takes stderr first
 * (actions/runner, `ScriptHandler` and `ProcessInvoker.ProcessOutput`): so stdout stays clean for `$(bureau token)`.
 * GitLab and CircleCI have no way to mask what was not known before the job.
 */
export const createMask = (context: CommandContext): Mask => {
  const { environment } = context;
  const masked = new Set<string>();
  return async (secret) => {
    if (masked.has(secret)) return;
    masked.add(secret);
    if (environment['GITHUB_ACTIONS'] === 'true') context.say(`${maskCommand}${escapeCommandData(secret)}`);
    if (environment['BUILDKITE'] === 'true') await redact(context, secret);
  };
};

/** As @actions/core escapes what follows a command. */
const escapeCommandData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const redact = async (context: CommandContext, secret: string): Promise<void> => {
  const { code } = await context.run('buildkite-agent', ['redactor', 'add'], secret);
  if (code !== 0)
    context.say('bureau: warning: buildkite-agent could not be told to hide the token in the log');
};
