import { styleText } from 'node:util';
import type { CommandContext } from '../command-context.ts';

/** What a text is, not how it looks. */
export type Tone = 'plain' | 'title' | 'good' | 'bad' | 'faint';

/** Gives a text the look of its tone; without a person at a terminal, or with `NO_COLOR`, none. */
export type Style = (tone: Tone, text: string) => string;

const formats = { title: 'bold', good: 'green', bad: 'red', faint: 'dim' } as const;

/** Where a command writes for people: how it looks and how wide it may be. */
export interface Screen {
  readonly style: Style;
  /** Cells in a line; `null` where nothing is cut, because a program reads along. */
  readonly columns: number | null;
}

const plain: Style = (_tone, text) => text;
const coloured: Style = (tone, text) =>
  tone === 'plain' ? text : styleText(formats[tone], text, { validateStream: false });

/** The screen of this process (https://no-color.org). */
export const screenOf = (
  context: Pick<CommandContext, 'environment' | 'isTerminal'>,
  columns: number | undefined = process.stdout.columns,
): Screen => {
  if (!context.isTerminal) return { style: plain, columns: null };
  const { NO_COLOR: noColor = '', TERM: terminal } = context.environment;
  return {
    style: noColor !== '' || terminal === 'dumb' ? plain : coloured,
    columns: columns ?? 80,
  };
};
