import type { CommandContext } from '../command-context.ts';
import { refused, unreachable } from '../command-failed.ts';
import { fetchText, type TextAnswer } from './fetch-text.ts';
import { printable } from './printable.ts';
import { type Attempt, defaultMaxWaitSeconds, retryAfterMilliseconds, retryUntil } from './retry.ts';
import { parseObject, parseTokenAnswer, type TokenAnswer } from './token-answer.ts';

/** Statuses that say nothing about the request: throttled, busy, or a proxy without a server behind it. */
const passingStatuses: readonly number[] = [429, 502, 503, 504];
const triesOfTheNetwork = 3;

/**
 * Asks a token endpoint, again and again where it asks for patience.
 *
 * @param request.form made anew for each attempt: an assertion works once, and a platform's token may have been renewed
 * @param request.maxWaitSeconds how long all attempts may take together, default 60
 * @throws CommandFailed refused with the server's words and the receipt, or unreachable
 */
export const requestToken = async (
  context: Pick<CommandContext, 'fetch' | 'userAgent' | 'now' | 'sleep' | 'say' | 'random'>,
  request: {
    readonly tokenEndpoint: string;
    readonly form: () => Promise<URLSearchParams | Readonly<Record<string, string>>>;
    readonly maxWaitSeconds?: number | undefined;
  },
): Promise<TokenAnswer> => {
  const deadline = context.now() + (request.maxWaitSeconds ?? defaultMaxWaitSeconds) * 1000;
  return retryUntil(context, deadline, async (): Promise<Attempt<TokenAnswer>> => {
    const answer = await fetchText(context, request.tokenEndpoint, deadline, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(await request.form()).toString(),
    });
    if (!answer.ok) {
      const { words, mayPass } = answer.error;
      return { kind: 'later', words, waitMilliseconds: null, tries: mayPass ? triesOfTheNetwork : 1 };
    }
    const { status, headers, text } = answer.value;
    const host = new URL(request.tokenEndpoint).host;
    if (passingStatuses.includes(status))
      return {
        kind: 'later',
        words: `${host} answered ${status}${status === 429 ? ', too many requests' : ''}`,
        waitMilliseconds: retryAfterMilliseconds(headers, context.now()),
      };
    if (status !== 200) throw refusalOf(answer.value, host, context.now());
    const token = parseTokenAnswer(text, context.now());
    if (token === null)
      throw unreachable(
        `the server's answer cannot be understood: ${host} answered 200, but not with a token and its life in seconds: is this a Bureau?`,
      );
    return { kind: 'done', value: token };
  });
};

const refusalOf = ({ status, headers, text }: TextAnswer, host: string, now: number): Error => {
  if (status >= 500) return unreachable(`unreachable: ${host} failed with ${status}`);
  if (status >= 300 && status < 400)
    return refused(
      `refused: ${host} answered with a redirect to ${printable(headers.get('location') ?? 'nowhere')}, and redirects are not followed`,
    );
  const { error, error_description, receipt } = parseObject(text) ?? {};
  const clock = describeClock(headers.get('date'), now);
  if (typeof error !== 'string')
    return refused(`refused: ${host} answered ${status} without a reason`, ...clock);
  const description = typeof error_description === 'string' ? `: ${printable(error_description)}` : '';
  return refused(
    `refused: ${printable(error)}${description}`,
    ...(typeof receipt === 'string' && /^[\w-]{1,64}$/.test(receipt)
      ? [`receipt ${receipt}: an administrator sees why with  bureau activities show ${receipt}`]
      : []),
    ...clock,
  );
};

/** What the checks of a server forgive (contract §3). */
const forgivenSeconds = 60;

/** A line where the clocks differ so much that an assertion made here is of the future or the past there. */
const describeClock = (date: string | null, now: number): readonly string[] => {
  const ahead = Math.round((now - Date.parse(date ?? '')) / 1000);
  if (Number.isNaN(ahead) || Math.abs(ahead) <= forgivenSeconds) return [];
  return [
    `the clock of this machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} the server's, which is a likely cause`,
  ];
};
