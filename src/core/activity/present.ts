import type { JsonValue } from '../json.ts';
import { maskSecrets } from './mask-secrets.ts';

/** The most characters a presented value keeps in the evidence. */
export const maxPresentedCharacters = 256;

/** Control, format, private, unassigned and surrogate characters, line ends, and every space but U+0020. */
const invisible = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** `text` with everything invisible in it as its code point, `\u{200B}`. */
export const escapeInvisible = (text: string): string =>
  text.replace(
    invisible,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );

/** Bare, such a text could be mistaken for another JSON value, or its outer spaces overlooked. */
const needsQuotes = (text: string): boolean =>
  text !== text.trim() || !Number.isNaN(Number(text)) || /^(?:true|false|null|absent)$|^[[{"]/u.test(text);

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
 * A string stands bare unless it could be mistaken for another value (`"1700000000"`, `"null"`, `" x"`); everything else
 * is JSON; what is not there is `absent`.
 */
export const present = (value: JsonValue | undefined): string => {
  if (value === undefined) return 'absent';
  const safe = typeof value === 'string' ? maskSecrets(value).slice(0, maxPresentedCharacters + 1) : value;
  const text =
    typeof safe === 'string' && !needsQuotes(safe)
      ? safe
      : maskSecrets(writeJson(safe, maxPresentedCharacters));
  const shown = escapeInvisible(text);
  return shown.length <= maxPresentedCharacters
    ? shown
    : `${shown.slice(0, maxPresentedCharacters - 1).toWellFormed()}…`;
};
