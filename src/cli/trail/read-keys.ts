import type { CommandContext } from '../command-context.ts';
import { misused, unreachable } from '../command-failed.ts';
import { fetchText } from '../token/fetch-text.ts';

/** How long a JWK Set may take. */
const fetchMilliseconds = 20_000;

/**
 * The keys of a JWK Set in a file or at a URL.
 *
 * @throws CommandFailed misused for what is none, unreachable for a URL that does not answer
 */
export const readKeys = async (context: CommandContext, source: string): Promise<readonly unknown[]> => {
  const text = /^https?:\/\//.test(source) ? await fetchSet(context, source) : await context.readText(source);
  if (text === null) throw misused(`there is no file ${source}`);
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    if (Array.isArray(keys)) return keys as readonly unknown[];
  } catch {
    // Said below.
  }
  throw misused(`${source} is no JWK Set: a JSON object with keys`);
};

const fetchSet = async (context: CommandContext, url: string): Promise<string> => {
  const answer = await fetchText(context, url, context.now() + fetchMilliseconds);
  if (!answer.ok) throw unreachable(answer.error.words);
  if (answer.value.status !== 200) throw unreachable(`${url} answered ${answer.value.status}`);
  return answer.value.text;
};
