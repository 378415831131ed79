import { escapeInvisible } from '../../core/activity/present.ts';

/**
 * Text that came from others, fit for a terminal: what would move the cursor, change the title or turn the direction of
 * writing is shown as its code point.
 */
export const visible = (text: string): string => escapeInvisible(text);

const asJsonEscapes = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/** `value` as JSON text, the same value to every parser, with nothing in it that a terminal obeys. */
export const visibleJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, asJsonEscapes);

/** Marks of the scripts and signs that take two cells of a terminal. */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

const segmenter = new Intl.Segmenter();

const widthOfSegment = (segment: string): number => {
  if (wide.test(segment)) return 2;
  return /^\p{M}/u.test(segment) ? 0 : 1;
};

/** Nearly every text is of this, and segments take a hundred times as long. */
const narrow = /^[\x20-\x7E]*$/;

/** How many cells of a terminal a printable text takes. */
export const widthOf = (text: string): number => {
  if (narrow.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += widthOfSegment(segment);
  return width;
};

/** `text`, cut with an ellipsis where it takes more than `cells`. */
export const shortened = (text: string, cells: number): string => {
  if (widthOf(text) <= cells) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    width += widthOfSegment(segment);
    if (width > cells - 1) break;
    kept += segment;
  }
  return `${kept}…`;
};
