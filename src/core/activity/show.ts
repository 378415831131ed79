import type { JsonValue } from '../json.ts';

/** The most characters of a presented value that one check keeps; the rest is counted, not kept. */
const maxShownCharacters = 300;

/**
 * What a reader would not see or could not tell from a plain space: controls, format characters such as the zero-width
 * space, other spaces, lone surrogates (A29). Escaped, so that look-alikes show and every store can keep the text.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** A presented text for an administrator's eyes: what is invisible is written as `\u{…}`, what is long is cut. */
export const showText = (text: string): string => {
  const kept = text.length > maxShownCharacters ? text.slice(0, maxShownCharacters) : text;
  const visible = isPlain(kept)
    ? kept
    : kept.replace(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return kept === text ? visible : `${visible}… (${text.length} characters)`;
};

/** A claim as JSON text, so that the number 1 and the string "1" look different (A32); `absent` when there is none. */
export const showValue = (value: JsonValue | undefined): string =>
  value === undefined ? 'absent' : showText(JSON.stringify(value));

/** Most texts are, and then nothing needs to be replaced. */
const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);
