import type { Screen, Tone } from './style.ts';
import { visible, widthOf } from './visible-text.ts';

/** One line of a record; several values stand below each other. */
export interface Row {
  readonly label: string;
  readonly value: string | readonly string[] | null;
  readonly tone?: Tone;
}

/** Rows that belong together, below a heading where there is one. */
export interface Section {
  readonly heading?: string;
  readonly tone?: Tone;
  readonly rows: readonly Row[];
}

const gap = 2;

/** Lines of one resource for people: nothing is cut, and what is empty is a dash. */
export const renderRecord = (
  sections: readonly Section[],
  { style }: Pick<Screen, 'style'>,
): readonly string[] =>
  sections.flatMap(({ heading, tone = 'title', rows }) => {
    const indent = heading === undefined ? '' : '  ';
    const labels = rows.map(({ label }) => visible(label));
    const width = labels.reduce((widest, label) => Math.max(widest, widthOf(label)), 0) + gap;
    return [
      ...(heading === undefined ? [] : [style(tone, visible(heading))]),
      ...rows.flatMap((row, at) =>
        textsOf(row.value).map((text, index) => {
          const label = index === 0 ? (labels[at] ?? '') : '';
          return (
            indent +
            style('faint', label) +
            ' '.repeat(width - widthOf(label)) +
            style(row.tone ?? 'plain', visible(text))
          );
        }),
      ),
    ];
  });

const textsOf = (value: Row['value']): readonly string[] => {
  const texts = typeof value === 'string' ? [value] : (value ?? []);
  return texts.length === 0 ? ['-'] : texts.map((text) => (text === '' ? '-' : text));
};
