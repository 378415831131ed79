import type { CommandContext } from '../command-context.ts';
import { unreachable } from '../command-failed.ts';

/** How one attempt ended; a refusal is thrown. */
export type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  | {
      readonly kind: 'later';
      /** A clause: who cannot answer, and why. */
      readonly words: string;
      /** What `Retry-After` asked for; `null` where it asked for nothing. */
      readonly waitMilliseconds: number | null;
      /** A fault of the network is tried again a few times only: the address may simply be wrong. */
      readonly tries?: number;
    };

/** How long one waits for a server that asks to come back. */
export const defaultMaxWaitSeconds = 60;

const firstBackOffMilliseconds = 500;
const longestBackOffMilliseconds = 15_000;

/**
 * Repeats `attempt` as the other side asks, but never sooner than after growing pauses, and says so on stderr.
 *
 * @throws CommandFailed (unreachable) as soon as the next wait would end after `deadline`, milliseconds since 1970
 */
export const retryUntil = async <T>(
  context: Pick<CommandContext, 'now' | 'sleep' | 'say' | 'random'>,
  deadline: number,
  attempt: () => Promise<Attempt<T>>,
): Promise<T> => {
  for (let tried = 1; ; tried++) {
    const outcome = await attempt();
    if (outcome.kind === 'done') return outcome.value;
    if (tried >= (outcome.tries ?? Infinity)) throw unreachable(`unreachable: ${outcome.words}`);
    // A server that asks to come back at once would be asked without end.
    const wait = Math.max(outcome.waitMilliseconds ?? 0, backOffMilliseconds(tried, context.random()));
    if (context.now() + wait > deadline)
      throw unreachable(`unreachable: ${outcome.words}; gave up, because --max-wait would be over`);
    context.say(`bureau: ${outcome.words}; trying again in ${inSeconds(wait)} s`);
    await context.sleep(wait);
  }
};

/**
 * A pause that doubles, of which half is left to chance so that many jobs do not come back together.
 *
 * @param tried attempts so far, at least 1
 * @param random in [0, 1)
 */
export const backOffMilliseconds = (tried: number, random: number): number => {
  const full = Math.min(firstBackOffMilliseconds * 2 ** tried, longestBackOffMilliseconds);
  return Math.round(full / 2 + (full / 2) * random);
};

/**
 * `Retry-After` (RFC 9110 §10.2.3), in seconds or as a date; `null` where it is absent or neither.
 *
 * @param now milliseconds since 1970
 */
export const retryAfterMilliseconds = (headers: Headers, now: number): number | null => {
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
};

const inSeconds = (milliseconds: number): string => String(Math.ceil(milliseconds / 100) / 10);
