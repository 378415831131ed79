import { commonPrefix } from './near-form.ts';
import { hintRegularExpression } from './hint-regular-expression.ts';
import { hintSpelling } from './hint-spelling.ts';
import { compilePattern } from './pattern.ts';

/** Shorter beginnings are shared by accident. */
const minCommon = 4;

/** Characters of a subject that stand in a sentence. */
const maxQuoted = 80;

/**
 * What to tell an administrator whose registered subject, or pattern, is not the presented one; `undefined` when they have
 * nothing in common. The order goes from the most telling to the most general. What only one platform does is in its preset.
 */
export const hintSubject = (registered: string, presented: string): string | undefined =>
  hintStar(registered, presented) ??
  hintIds(registered, presented) ??
  hintSpelling(registered, presented) ??
  hintRegularExpression(registered) ??
  hintWhere(registered, presented);

const hintStar = (registered: string, presented: string): string | undefined => {
  if (!registered.includes('*')) return undefined;
  const pattern = compilePattern(registered);
  return pattern.ok && pattern.value(presented)
    ? 'The subject is compared literally, star included. Register it as subjectPattern.'
    : undefined;
};

/** Names with the immutable id behind each, `repo:OWNER@ID/REPO@ID:…`. */
const hintIds = (registered: string, presented: string): string | undefined => {
  if (withoutIds(registered) === registered && withoutIds(presented) === presented) return undefined;
  const pattern = compilePattern(withoutIds(registered));
  if (!pattern.ok || !pattern.value(withoutIds(presented))) return undefined;
  return registered === withoutIds(registered)
    ? 'They differ only in the immutable ids that the token carries behind its names (OWNER@ID/REPO@ID). Register the presented subject with its ids.'
    : 'The ids behind the names are missing or other ones: this may be another repository of the same name. Check before you register it.';
};

const withoutIds = (subject: string): string => subject.replaceAll(/@\d+(?=[/:]|$)/g, '');

/** Long subjects differ in one part that is hard to see. */
const hintWhere = (registered: string, presented: string): string | undefined => {
  const shared = lastSeparator(presented.slice(0, commonPrefix(registered, presented)));
  if (shared < minCommon) return undefined;
  const [wanted, came] = [registered.slice(shared), presented.slice(shared)];
  if (wanted === '' || came === '') return undefined;
  return `They agree up to ${quote(presented.slice(0, shared))}: there the token goes on with ${quote(came)}, and ${quote(wanted)} is registered.`;
};

/** Where the last complete part ends. */
const lastSeparator = (text: string): number => Math.max(text.lastIndexOf(':'), text.lastIndexOf('/')) + 1;

const quote = (text: string): string =>
  JSON.stringify(text.length <= maxQuoted ? text : `${text.slice(0, maxQuoted).toWellFormed()}…`);
