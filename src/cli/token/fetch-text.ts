import { fail, ok, type Result } from '../../core/result.ts';
import type { CommandContext } from '../command-context.ts';
import { describeNetworkFault, type NetworkFault } from './describe-network-fault.ts';

/** An answer whose body was read to its end. */
export interface TextAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Tokens and metadata are a few KiB. */
const maxAnswerBytes = 262_144;
const longestMilliseconds = 20_000;
/** What begins in the last moment is still given a chance. */
const shortestMilliseconds = 1000;

/**
 * How long one request may take, its answer included: what is left, up to a limit.
 *
 * @param deadline milliseconds since 1970, as `now`
 */
export const requestMilliseconds = (deadline: number, now: number): number =>
  Math.ceil(Math.min(longestMilliseconds, Math.max(shortestMilliseconds, deadline - now)));

/**
 * One request, bounded in time and size. It ends with `deadline`, milliseconds since 1970. A redirect is an answer like any other and never followed: what is sent here is
 * for this address alone.
 */
export const fetchText = async (
  context: Pick<CommandContext, 'fetch' | 'userAgent' | 'now'>,
  url: string,
  deadline: number,
  init: {
    readonly method?: 'GET' | 'POST';
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<Result<TextAnswer, NetworkFault>> => {
  const host = new URL(url).host;
  try {
    const response = await context.fetch(url, {
      ...init,
      headers: { accept: 'application/json', 'user-agent': context.userAgent, ...init.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(requestMilliseconds(deadline, context.now())),
    });
    const text = await readBounded(response);
    if (text === null)
      return fail({ words: `${host} sent more than ${maxAnswerBytes} bytes`, mayPass: false });
    return ok({ status: response.status, headers: response.headers, text });
  } catch (error) {
    return fail(describeNetworkFault(error, host));
  }
};

/** `null` as soon as the body is larger than {@link maxAnswerBytes}; what is left of it is not read. */
const readBounded = async (response: Response): Promise<string | null> => {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
