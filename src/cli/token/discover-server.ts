import { wellKnown } from '../../core/oauth/metadata.ts';
import type { CommandContext } from '../command-context.ts';
import { misused, refused, unreachable } from '../command-failed.ts';
import { fetchText } from './fetch-text.ts';
import { printable } from './printable.ts';
import { type Attempt, defaultMaxWaitSeconds, retryAfterMilliseconds, retryUntil } from './retry.ts';
import { requireSafeUrl } from './server-address.ts';
import { parseObject } from './token-answer.ts';

/** A server as a client knows it. */
export interface DiscoveredServer {
  readonly issuer: string;
  readonly tokenEndpoint: string;
}

/** How far one goes to reach a server. */
export interface ReachOptions {
  readonly allowHttp?: boolean | undefined;
  readonly maxWaitSeconds?: number | undefined;
}

/**
 * Reads the discovery document of an issuer (OIDC Discovery §4). Its `issuer` has to be the one asked for, byte for byte:
 * otherwise one server could send us, with a token for another, to a third (RFC 8414 §3.3, §6.2).
 *
 * @throws CommandFailed refused where there is no such issuer, misused where it is another, or unreachable
 */
export const discoverServer = async (
  context: Pick<CommandContext, 'fetch' | 'userAgent' | 'now' | 'sleep' | 'say' | 'random'>,
  issuer: string,
  { allowHttp = false, maxWaitSeconds = defaultMaxWaitSeconds }: ReachOptions = {},
): Promise<DiscoveredServer> => {
  requireSafeUrl(issuer, 'the server', allowHttp);
  const url = `${issuer}${wellKnown.openidConfiguration}`;
  const deadline = context.now() + maxWaitSeconds * 1000;
  const text = await retryUntil(context, deadline, () => readDocument(context, url, deadline));
  const document = parseObject(text);
  if (document === null) throw unreachable(`${printable(url)} is not JSON: is this a Bureau?`);
  const { issuer: found, token_endpoint: tokenEndpoint } = document;
  if (found !== issuer)
    throw misused(
      `asked for the issuer ${printable(issuer)}, and the server calls itself ${typeof found === 'string' ? printable(found) : 'nothing'}`,
      'the server has to be given as its issuer identifier, exactly',
    );
  if (typeof tokenEndpoint !== 'string') throw misused(`${printable(issuer)} names no token endpoint`);
  requireSafeUrl(tokenEndpoint, 'the token endpoint of the server', allowHttp);
  return { issuer, tokenEndpoint };
};

const readDocument = async (
  context: Pick<CommandContext, 'fetch' | 'userAgent' | 'now'>,
  url: string,
  deadline: number,
): Promise<Attempt<string>> => {
  const answer = await fetchText(context, url, deadline);
  if (!answer.ok) {
    const { words, mayPass } = answer.error;
    return { kind: 'later', words, waitMilliseconds: null, tries: mayPass ? 3 : 1 };
  }
  const { status, headers, text } = answer.value;
  if (status === 200) return { kind: 'done', value: text };
  if (status === 429 || status >= 500)
    return {
      kind: 'later',
      words: `${new URL(url).host} answered ${status}`,
      waitMilliseconds: retryAfterMilliseconds(headers, context.now()),
    };
  throw refused(`refused: ${printable(url)} answered ${status}: no such server or tenant there`);
};
