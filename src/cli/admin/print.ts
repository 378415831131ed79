import type { CommandContext } from '../command-context.ts';
import { renderRecord, type Section } from './render-record.ts';
import { type Column, renderTable } from './render-table.ts';
import { screenOf } from './style.ts';
import { understood } from './understood.ts';
import { visible, visibleJson } from './visible-text.ts';

/** One page of a list, or all of them in one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const writeLines = (context: CommandContext, lines: readonly string[]): void =>
  context.write(lines.map((line) => `${line}\n`).join(''));

/** Exactly what the API gave, for programs. */
export const printJson = (context: CommandContext, value: unknown): void =>
  context.write(`${understood(() => visibleJson(value))}\n`);

/** A list as a table that fits the terminal. */
export const printTable = <Item>(
  context: CommandContext,
  { items, nextCursor }: Page<Item>,
  columns: readonly Column<Item>[],
): void => {
  if (items.length === 0) context.say('bureau: none');
  else
    writeLines(
      context,
      understood(() => renderTable(items, columns, screenOf(context))),
    );
  if (nextCursor !== null) context.say(`bureau: there are more: --all, or --cursor ${visible(nextCursor)}`);
};

/** One resource with everything a person may want to know of it. */
export const printRecord = (context: CommandContext, sections: () => readonly Section[]): void =>
  writeLines(
    context,
    understood(() => renderRecord(sections(), screenOf(context))),
  );
