import { isClean } from './clean-text.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { fail, ok, type Result } from './result.ts';

/** What is wrong with a JSON text, with a sentence for people. */
export interface JsonDefect {
  readonly kind: 'syntax' | 'not-an-object' | 'too-deep' | 'too-many-members' | 'repeated-member' | 'text';
  readonly detail: string;
}

/** How much structure is accepted: nesting (the outermost object is 1) and members in the whole tree. */
export interface JsonLimits {
  readonly maxDepth: number;
  readonly maxMembers: number;
}

/** What is said of a text beyond {@link JsonLimits.maxDepth}. */
export const tooDeep = ({ maxDepth }: JsonLimits): JsonDefect => ({
  kind: 'too-deep',
  detail: `it is nested more than ${maxDepth} deep`,
});

/** What is said of a text beyond {@link JsonLimits.maxMembers}. */
export const tooManyMembers = ({ maxMembers }: JsonLimits): JsonDefect => ({
  kind: 'too-many-members',
  detail: `it has more than ${maxMembers} members`,
});

/**
 * Reads a JSON text, which must be one object, member by member (RFC 8259). Slower than `JSON.parse`, but it sees every
 * name as it is written: a repeated member is found where it stands. Only single strings and numbers go to `JSON.parse`.
 */
export const readJsonObject = (text: string, limits: JsonLimits): Result<JsonObject, JsonDefect> => {
  let at = 0;
  let members = 0;
  let defect: JsonDefect = { kind: 'syntax', detail: 'it is not JSON' };

  // Every reader gives `undefined` once something is wrong; the first defect noted is the one reported.
  const note = (found: JsonDefect): undefined => {
    defect = found;
    return undefined;
  };

  const next = (): string | undefined => {
    while (isWhiteSpace(text.charCodeAt(at))) at++;
    return text[at];
  };

  const take = (character: string): boolean => {
    if (next() !== character) return false;
    at++;
    return true;
  };

  const readScalar = (): string | number | boolean | null | undefined => {
    const start = at;
    at = text[at] === '"' ? endOfString(text, at) : endOfWord(text, at);
    try {
      const value = JSON.parse(text.slice(start, at)) as string | number | boolean | null;
      if (typeof value !== 'string' || isClean(value)) return value;
    } catch {
      return undefined;
    }
    return note({ kind: 'text', detail: 'a string holds U+0000 or a lone surrogate' });
  };

  const readItems = (close: string, readItem: () => boolean): boolean => {
    if (take(close)) return true;
    do {
      if (!readItem()) return false;
    } while (take(','));
    return take(close);
  };

  const readArray = (depth: number): JsonValue | undefined => {
    const items: JsonValue[] = [];
    const isRead = readItems(']', () => {
      const item = readValue(depth + 1);
      if (item !== undefined) items.push(item);
      return item !== undefined;
    });
    return isRead ? items : undefined;
  };

  const readObject = (depth: number): JsonObject | undefined => {
    const found = new Map<string, JsonValue>();
    const isRead = readItems('}', () => {
      const name = next() === '"' ? readScalar() : undefined;
      if (typeof name !== 'string' || !take(':')) return false;
      if (found.has(name)) {
        note({ kind: 'repeated-member', detail: `the member ${JSON.stringify(name)} is there twice` });
        return false;
      }
      if (++members > limits.maxMembers) {
        note(tooManyMembers(limits));
        return false;
      }
      const item = readValue(depth + 1);
      if (item !== undefined) found.set(name, item);
      return item !== undefined;
    });
    // Defines own members, `__proto__` included (A35).
    return isRead ? Object.fromEntries(found) : undefined;
  };

  const readValue = (depth: number): JsonValue | undefined => {
    const first = next();
    if (first !== '{' && first !== '[') return readScalar();
    if (depth > limits.maxDepth) return note(tooDeep(limits));
    at++;
    return first === '{' ? readObject(depth) : readArray(depth);
  };

  if (next() === undefined) return fail(defect);
  const value = readValue(1);
  if (value === undefined || next() !== undefined) return fail(defect);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? ok(value as JsonObject)
    : fail({ kind: 'not-an-object', detail: 'it is JSON, but not an object' });
};

const isWhiteSpace = (character: number): boolean =>
  character === 0x20 || character === 0x0a || character === 0x0d || character === 0x09;

/** The index after the quote that ends the string starting at `start`, or the end of the text. */
const endOfString = (text: string, start: number): number => {
  for (let index = start + 1; index < text.length; index++) {
    const character = text[index];
    if (character === '"') return index + 1;
    if (character === '\\') index++;
  }
  return text.length;
};

/** The index after a number or a literal name: where structure or white space begins again. */
const endOfWord = (text: string, start: number): number => {
  let index = start;
  while (
    index < text.length &&
    !'{}[]:,"'.includes(text.charAt(index)) &&
    !isWhiteSpace(text.charCodeAt(index))
  )
    index++;
  return index;
};
