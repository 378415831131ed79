import { CommandFailed, unreachable } from '../command-failed.ts';
import type { CommandContext } from '../command-context.ts';
import { backOffMilliseconds } from './retry.ts';
import type { TokenAnswer } from './token-answer.ts';

/** Wakes up at least this often, so that a machine that slept or whose clock was set is noticed. */
const longestSleepMilliseconds = 30_000;

/** How long a refresh may wait for a busy server, within which its `Retry-After` is obeyed; the first token has less time. */
const refreshPatienceSeconds = 900;

/**
 * Keeps a file fresh until {@link CommandContext.stopping}. The first token must come and find its place; when a later one does not, the old
 * file stays and one tries again, for as long as it takes.
 *
 * @param keep.request asks for a token, and waits so long for a server that is busy
 * @param keep.write puts it in its place
 * @throws CommandFailed for the first token, also where it was told to stop before it came
 */
export const watchToken = async (
  context: Pick<CommandContext, 'now' | 'sleep' | 'say' | 'random' | 'stopping'>,
  keep: {
    readonly request: (maxWaitSeconds: number) => Promise<TokenAnswer>;
    /** For the first token. */
    readonly maxWaitSeconds: number;
    readonly write: (answer: TokenAnswer) => Promise<void>;
  },
): Promise<void> => {
  const { stopping } = context;
  const sleepUntil = async (time: number): Promise<void> => {
    while (!stopping.aborted && context.now() < time)
      await context.sleep(Math.min(time - context.now(), longestSleepMilliseconds));
  };
  let held: TokenAnswer | null = null;
  for (let failures = 0; !stopping.aborted; ) {
    try {
      const asked = context.now();
      const answer = await keep.request(held === null ? keep.maxWaitSeconds : refreshPatienceSeconds);
      await keep.write(answer);
      held = answer;
      failures = 0;
      await sleepUntil(refreshAt(held, asked, context.random()));
    } catch (error) {
      if (stopping.aborted) break;
      if (held === null || !(error instanceof CommandFailed)) throw error;
      for (const line of error.lines) context.say(`bureau: ${line}`);
      failures += 1;
      const wait = backOffMilliseconds(failures, context.random());
      context.say(
        `bureau: no fresh token; the old one stays, ${stateOf(held, context.now())}; trying again in ${Math.ceil(wait / 1000)} s`,
      );
      await sleepUntil(context.now() + wait);
    }
  }
  // Who waits for the file must not take this for a success.
  if (held === null) throw unreachable('stopped before the first token was written');
};

/** After 55 to 70 % of the token's life: early enough for many tries, and not at the same time everywhere. */
const refreshAt = ({ expiresAt }: TokenAnswer, asked: number, random: number): number =>
  asked + Math.max(1000, (expiresAt - asked) * (0.55 + 0.15 * random));

const stateOf = ({ expiresAt }: TokenAnswer, now: number): string =>
  expiresAt > now ? `valid for ${Math.floor((expiresAt - now) / 1000)} s more` : 'and has expired';
