import { shortened, visible, widthOf } from './visible-text.ts';
import type { Screen, Tone } from './style.ts';

/** One column of a list for people. */
export interface Column<Item> {
  readonly title: string;
  readonly value: (item: Item) => string;
  readonly tone?: (item: Item) => Tone;
  /** Cells it may be cut down to; without it it is never cut, because people copy it. */
  readonly shrinksTo?: number;
  /** Left out where the rest does not fit; the last ones first. */
  readonly optional?: true;
}

const gap = 2;

/** Lines of a table that fits the screen, the titles first. */
export const renderTable = <Item>(
  items: readonly Item[],
  columns: readonly Column<Item>[],
  { style, columns: room }: Screen,
): readonly string[] => {
  const cells = columns.map((column) => ({
    column,
    texts: items.map((item) => visible(column.value(item))),
  }));
  const shown = cells.map(({ column, texts }) => ({
    column,
    texts,
    width: texts.reduce((widest, text) => Math.max(widest, widthOf(text)), widthOf(column.title)),
  }));
  const fitted = room === null ? shown : fit(shown, room);
  const line = (cellsOfLine: readonly { readonly text: string; readonly width: number; tone: Tone }[]) =>
    cellsOfLine
      .map(({ text, width, tone }, index) => {
        const cut = shortened(text, width);
        const padding = index === cellsOfLine.length - 1 ? 0 : width - widthOf(cut);
        return style(tone, cut) + ' '.repeat(padding);
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [
    line(fitted.map(({ column, width }) => ({ text: column.title, width, tone: 'title' }))),
    ...items.map((item, row) =>
      line(
        fitted.map(({ column, texts, width }) => ({
          text: texts[row] ?? '',
          width,
          tone: column.tone?.(item) ?? 'plain',
        })),
      ),
    ),
  ];
};

interface Fitting {
  readonly column: Pick<Column<never>, 'shrinksTo' | 'optional'>;
  readonly width: number;
}

/** Cuts the columns that may be cut, and where that is not enough leaves the optional ones out, the last first. */
const fit = <F extends Fitting>(columns: readonly F[], room: number): readonly F[] => {
  const cut = shrink(columns, room);
  const dropped = columns.findLast(({ column }) => column.optional);
  return totalOf(cut) <= room || dropped === undefined
    ? cut
    : fit(
        columns.filter((column) => column !== dropped),
        room,
      );
};

/** Takes one cell after the other from the column that is widest by then. */
const shrink = <F extends Fitting>(columns: readonly F[], room: number): readonly F[] => {
  let shrunk = columns;
  while (totalOf(shrunk) > room) {
    const widest = shrunk
      .filter(({ column, width }) => column.shrinksTo !== undefined && width > column.shrinksTo)
      .reduce<F | null>((found, next) => (found === null || next.width > found.width ? next : found), null);
    if (widest === null) return shrunk;
    shrunk = shrunk.map((column) => (column === widest ? { ...column, width: column.width - 1 } : column));
  }
  return shrunk;
};

const totalOf = (columns: readonly Fitting[]): number =>
  columns.reduce((sum, { width }) => sum + width + gap, -gap);
