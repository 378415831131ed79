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
    const width = Math.max(0, ...rows.map(({ label }) => widthOf(label))) + gap;
    return [
      ...(heading === undefined ? [] : [style(tone, visible(heading))]),
      ...rows.flatMap((row) =>
        textsOf(row.value).map(
          (text, index) =>
            indent +
            style('faint', index === 0 ? row.label : '') +
            ' '.repeat(width - (index === 0 ? widthOf(row.label) : 0)) +
            style(row.tone ?? 'plain', visible(text)),
        ),
      ),
    ];
  });

const textsOf = (value: Row['value']): readonly string[] => {
  const texts = typeof value === 'string' ? [value] : (value ?? []);
  return texts.length === 0 ? ['-'] : texts.map((text) => (text === '' ? '-' : text));
};
