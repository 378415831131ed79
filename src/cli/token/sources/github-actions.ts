import type { CommandContext } from '../../command-context.ts';
import { refused, unreachable } from '../../command-failed.ts';
import { fetchText } from '../fetch-text.ts';
import { readJwt } from '../read-jwt.ts';
import { type Attempt, retryAfterMilliseconds, retryUntil } from '../retry.ts';
import { requireSafeUrl } from '../server-address.ts';
import { parseObject } from '../token-answer.ts';
import { lacking, notHere, type TokenSource } from '../token-source.ts';

const tries = 5;
const where = 'the token service of GitHub Actions';

/** GitHub Actions: a token for any audience, from the service that the runner names. */
export const githubActions: TokenSource = {
  name: 'GitHub Actions',
  find: async (context, { allowHttp }) => {
    const { environment } = context;
    const url = environment['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
    const bearer = environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
    if (url === '' || bearer === '')
      return environment['GITHUB_ACTIONS'] === 'true'
        ? lacking(
            'this job may not ask for an identity token: it needs  permissions: id-token: write  (pull requests from forks never get it)',
          )
        : notHere('GITHUB_ACTIONS is not true');
    requireSafeUrl(url, 'ACTIONS_ID_TOKEN_REQUEST_URL', allowHttp);
    return {
      kind: 'platform-token',
      where,
      renews: true,
      read: async (audience, deadline) => {
        // As @actions/core does it: what the runner gave is not taken apart.
        const asked = `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`;
        return retryUntil(context, deadline, () => askOnce(context, asked, bearer, deadline));
      },
    };
  },
};

const askOnce = async (
  context: CommandContext,
  url: string,
  bearer: string,
  deadline: number,
): Promise<Attempt<string>> => {
  const answer = await fetchText(context, url, deadline, { headers: { authorization: `Bearer ${bearer}` } });
  if (!answer.ok) {
    const { words, mayPass } = answer.error;
    return { kind: 'later', words: `${where}: ${words}`, waitMilliseconds: null, tries: mayPass ? tries : 1 };
  }
  const { status, headers, text } = answer.value;
  if (status === 429 || status >= 500)
    return {
      kind: 'later',
      words: `${where} answered ${status}`,
      waitMilliseconds: retryAfterMilliseconds(headers, context.now()),
      tries,
    };
  if (status !== 200) throw refused(`refused: ${where} answered ${status}`);
  const { value } = parseObject(text) ?? {};
  if (typeof value !== 'string') throw unreachable(`${where} answered without a token`);
  return { kind: 'done', value: readJwt(value, `the answer of ${where}`) };
};
