import type { JsonValue } from '../json.ts';
import { maskSecrets } from './mask-secrets.ts';

/** The most characters a presented value keeps in the evidence. */
export const maxPresentedCharacters = 256;

/** Control, format, private, unassigned and surrogate characters, line ends, and every space but U+0020. */
const invisible = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** Nothing of it is invisible, and nearly every text is of it alone. */
const printableAscii = /^[\x20-\x7e]*$/;

/** `text` with everything invisible in it as its code point, `\u{200B}`. */
export const escapeInvisible = (text: string): string =>
  printableAscii.test(text)
    ? text
    : text.replace(
        invisible,
        (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
      );

/** Bare, such a text could be mistaken for another JSON value, or its outer spaces overlooked. */
const isAmbiguous = (text: string): boolean =>
  text !== text.trim() || !Number.isNaN(Number(text)) || /^(?:true|false|null|absent)$|^[[{"]/u.test(text);

/** One word, of characters that are seen and that end neither a quotation nor a command. */
const word = /^[[[!#-_a-~]\p{L}\p{M}\p{N}]--\p{DI}]*$/v;

/** Writes `value` as JSON until `room` characters are used up; deep or huge values cost no more than that (A36). */
const writeJson = (value: JsonValue, room: number): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, Math.max(room, 0)));
  if (typeof value !== 'object' || value === null) return String(value);
  const isList = Array.isArray(value);
  let text = isList ? '[' : '{';
  for (const [name, item] of Object.entries(value)) {
    if (text.length > room) return text;
    if (text.length > 1) text += ',';
    if (!isList) text += `${JSON.stringify(name.slice(0, maxPresentedCharacters))}:`;
    text += writeJson(item, room - text.length);
  }
  return text + (isList ? ']' : '}');
};

/**
 * `value` as evidence for {@link Check.presented}: at most {@link maxPresentedCharacters} characters, nothing invisible,
 * no token that was put where it does not belong (A102).
 *
 * A string stands bare when it is one word that cannot be mistaken for another value, else in quotes (`"1700000000"`,
 * `"null"`, `"x y"`): a stranger's text never reads as if it were a sentence of ours. Everything else is JSON; what is not
 * there is `absent`.
 */
export const present = (value: JsonValue | undefined): string => {
  if (value === undefined) return 'absent';
  if (typeof value !== 'string') return cut(maskSecrets(writeJson(value, maxPresentedCharacters)), '…');
  const safe = boundedText(value);
  return word.test(escapeInvisible(safe)) && !isAmbiguous(safe)
    ? cut(safe, '…')
    : cut(JSON.stringify(safe), '…"');
};

/** Each of `values` as {@link present} has it, in one text of the same length at most. */
export const presentAll = (values: readonly string[]): string =>
  cut(values.slice(0, maxPresentedCharacters).map(present).join(', '), '…');

/** As {@link present}, for a text in our own words or an administrator's: bare although it has spaces. */
export const presentText = (text: string): string => {
  const safe = boundedText(text);
  return isAmbiguous(safe) ? present(text) : cut(safe, '…');
};

const boundedText = (text: string): string => maskSecrets(text).slice(0, maxPresentedCharacters + 1);

const cut = (text: string, end: string): string => {
  const shown = escapeInvisible(text);
  return shown.length <= maxPresentedCharacters
    ? shown
    : `${shown.slice(0, maxPresentedCharacters - end.length).toWellFormed()}${end}`;
};
