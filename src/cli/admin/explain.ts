import type * as z from 'zod';
import type { explainedResource } from '../../admin-api/explain.ts';
import type { CommandContext } from '../command-context.ts';
import { misused, refused } from '../command-failed.ts';
import type { AdminOptions } from './admin-options.ts';
import { openAdminSession } from './admin-session.ts';
import { explainedSections } from './explain-sections.ts';
import { momentOf } from './moment.ts';
import { printJson, printRecord } from './print.ts';
import { readBody, readInput } from './read-input.ts';
import type { Members } from './read-members.ts';
import { understood } from './understood.ts';
import { visible } from './visible-text.ts';

/** Options of `bureau explain`. */
export interface ExplainOptions extends AdminOptions {
  readonly tokenFile?: string;
  readonly claims?: string;
  readonly clientId?: string;
  readonly param?: readonly string[];
  readonly proposed?: string;
  readonly at?: string;
}

/** `bureau explain`: the verdict first, then what was looked at; exit code 1 where the token would be refused. */
export const runExplain = async (
  context: CommandContext,
  said: readonly string[],
  options: ExplainOptions,
): Promise<void> => {
  const { clientId, param, proposed, at } = options;
  const body = {
    ...(await readSample(context, said[0], options)),
    ...(clientId === undefined ? {} : { clientId }),
    ...(param === undefined ? {} : { parameters: parametersOf(param) }),
    ...(proposed === undefined ? {} : { proposed: await readBody(context, proposed) }),
    ...(at === undefined ? {} : { at: whenOf(context, at) }),
  };
  const session = await openAdminSession(context, options);
  const answer = await session.call<z.input<typeof explainedResource>>('explain', { body });
  if (options.json === true) printJson(context, answer.body);
  else printRecord(context, () => explainedSections(answer.body));
  const refusal = understood(() => (answer.body.outcome === 'issued' ? null : visible(answer.body.reason)));
  if (refusal !== null) throw refused(`would be refused: ${refusal}`);
};

/** The token, or the claims in its place; from stdin where nothing is said. */
const readSample = async (
  context: CommandContext,
  token: string | undefined,
  { tokenFile, claims, proposed }: ExplainOptions,
): Promise<Members> => {
  const named = [token, tokenFile, claims].filter((source) => source !== undefined);
  if (named.length > 1) throw misused('give the token once: as an argument, as --token-file or as --claims');
  const [source = '-'] = named;
  if (source === '-' && proposed === '-') throw misused('stdin can be read once only');
  if (claims !== undefined) return { claims: await readBody(context, claims) };
  if (token !== undefined && token !== '-') return { token };
  const read = (await readInput(context, source)).trim();
  if (read === '') throw misused(`there is no token in ${source === '-' ? 'stdin' : source}`);
  return { token: read };
};

/** `name=value` as the API takes it: one that comes again is a list. */
const parametersOf = (given: readonly string[]): Readonly<Record<string, readonly string[]>> => {
  const pairs = given.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw misused('--param has to be name=value');
    return { name: text.slice(0, at), value: text.slice(at + 1) };
  });
  return Object.fromEntries(
    [...Map.groupBy(pairs, ({ name }) => name)].map(([name, all]) => [name, all.map(({ value }) => value)]),
  );
};

const whenOf = (context: CommandContext, at: string): string =>
  at === 'now' || at === 'issued' ? at : momentOf(at, { now: context.now(), toward: 'past', flag: '--at' });
