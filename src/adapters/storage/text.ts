import { isClean } from '../../core/clean-text.ts';

/** The longest text an activity keeps of anything a stranger sent, in UTF-16 code units. */
export const maxActivityText = 2048;

/**
 * Whether every given text can be equal to something stored: one that is not clean is changed on its way into an engine,
 * or refused by it (A34, A118).
 */
export const mayBeStored = (...texts: readonly (string | undefined)[]): boolean =>
  texts.every((text) => text === undefined || isClean(text));

/** `text` cut to `maxLength`, with U+FFFD for what a database cannot keep: a trail needs the line more than the byte. */
export const sanitizeText = (text: string, maxLength = maxActivityText): string => {
  const cut = text.length > maxLength ? text.slice(0, maxLength) : text;
  return isClean(cut) ? cut : cut.toWellFormed().replaceAll('\0', '\uFFFD');
};

/** The form in which text is searched: the same on both engines because neither of them folds the case. */
export const toSearchText = (...texts: readonly string[]): string => texts.join('\u001F').toLowerCase();

/** A LIKE pattern (escape character `\`) that finds `part` literally anywhere in a search text (A117). */
export const containsPattern = (part: string): string => `%${part.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
