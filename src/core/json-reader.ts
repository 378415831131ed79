import { isClean } from './clean-text.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { fail, ok, type Result } from './result.ts';

/** What is wrong with a JSON text, with a sentence for people. */
export interface JsonDefect {
  readonly kind:
    | 'syntax'
    | 'not-an-object'
    | 'too-deep'
    | 'too-many-members'
    | 'too-many-values'
    | 'repeated-member'
    | 'text';
  readonly detail: string;
}

/** How much structure is accepted. */
export interface JsonLimits {
  /** Nesting; the outermost object is 1. */
  readonly maxDepth: number;
  /** Members of objects in the whole tree. */
  readonly maxMembers: number;
  /**
   * Values in the whole tree: members, items of lists, and each list and object that is empty once more. Half of it
   * where a name is written with a backslash.
   */
  readonly maxValues?: number;
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
 * Reads a JSON text, which must be one object, member by member (RFC 8259). Slower than `JSON.parse` where there are many
 * members, but it sees every name as it is written: a repeated member is found where it stands. Only single strings with a
 * backslash and numbers that are not short integers go to `JSON.parse`.
 */
export const readJsonObject = (text: string, limits: JsonLimits): Result<JsonObject, JsonDefect> => {
  let at = 0;
  let members = 0;
  let defect: JsonDefect = { kind: 'syntax', detail: 'it is not JSON' };
  /** Where the next backslash is, or one that was passed. */
  let escape = -1;
  const hasControls = control.test(text);

  // Every reader gives `undefined` once something is wrong; the first defect noted is the one reported.
  const note = (found: JsonDefect): undefined => {
    defect = found;
    return undefined;
  };

  /** The code of the next character that is not white space; none behind the end. */
  const next = (): number => {
    while (isWhiteSpace(text.charCodeAt(at))) at++;
    return text.charCodeAt(at);
  };

  const take = (code: number): boolean => {
    if (next() !== code) return false;
    at++;
    return true;
  };

  const readString = (): string | undefined => {
    const start = at;
    if (escape < start) escape = indexOrEnd(text, '\\', start);
    const quote = indexOrEnd(text, '"', start + 1);
    if (quote < escape) {
      at = quote + 1;
      const plain = text.slice(start + 1, quote);
      if (!hasControls || !control.test(plain)) return plain;
    } else at = endOfString(text, start);
    const value = parseScalar(text.slice(start, at));
    if (typeof value !== 'string') return undefined;
    return isClean(value)
      ? value
      : note({ kind: 'text', detail: 'a string holds U+0000 or a lone surrogate' });
  };

  const readWord = (): JsonValue | undefined => {
    const start = at;
    at = endOfWord(text, start);
    return parseScalar(text.slice(start, at));
  };

  /** Most numbers are one digit after another and need nobody else to read them. */
  const readNumber = (): JsonValue | undefined => {
    const start = at;
    let value = 0;
    let code = text.charCodeAt(at);
    while (code >= zero && code <= nine) {
      value = value * 10 + code - zero;
      code = text.charCodeAt(++at);
    }
    const digits = at - start;
    const isInteger = digits === 1 || (digits <= mostShortDigits && text.charCodeAt(start) !== zero);
    if (digits > 0 && isInteger && (code === comma || code === closeList || code === closeObject))
      return value;
    at = start;
    return readWord();
  };

  const readArray = (depth: number): JsonValue | undefined => {
    const items: JsonValue[] = [];
    if (take(closeList)) return items;
    do {
      const item = readValue(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    } while (take(comma));
    return take(closeList) ? items : undefined;
  };

  const readObject = (depth: number): JsonObject | undefined => {
    if (take(closeObject)) return {};
    const found = new Map<string, JsonValue>();
    do {
      const name = next() === doubleQuote ? readString() : undefined;
      if (name === undefined || !take(colon)) return undefined;
      if (found.has(name))
        return note({
          kind: 'repeated-member',
          detail: `the member ${JSON.stringify(name)} is there twice`,
        });
      if (++members > limits.maxMembers) return note(tooManyMembers(limits));
      const item = readValue(depth + 1);
      if (item === undefined) return undefined;
      found.set(name, item);
    } while (take(comma));
    // Defines own members, `__proto__` included (A35).
    return take(closeObject) ? Object.fromEntries(found) : undefined;
  };

  const readValue = (depth: number): JsonValue | undefined => {
    const first = next();
    if (first === doubleQuote) return readString();
    if (first !== openObject && first !== openList) return readNumber();
    if (depth > limits.maxDepth) return note(tooDeep(limits));
    at++;
    return first === openObject ? readObject(depth) : readArray(depth);
  };

  const value = readValue(1);
  if (value === undefined || !Number.isNaN(next())) return fail(defect);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? ok(value as JsonObject)
    : fail({ kind: 'not-an-object', detail: 'it is JSON, but not an object' });
};

const [openObject, closeObject, openList, closeList] = [0x7b, 0x7d, 0x5b, 0x5d];
const [colon, comma, doubleQuote, backslash, zero, nine] = [0x3a, 0x2c, 0x22, 0x5c, 0x30, 0x39];

/** An integer of so many digits is below 2^53. */
const mostShortDigits = 15;

/** Among these are those that a string must not hold as they are (RFC 8259 §7). */
const control = /\p{Cc}/u;

const isWhiteSpace = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

const indexOrEnd = (text: string, part: string, from: number): number => {
  const index = text.indexOf(part, from);
  return index < 0 ? text.length : index;
};

const parseScalar = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
};

/** The index after the quote that ends the string starting at `start`, or the end of the text. */
export const endOfString = (text: string, start: number): number => {
  let quote = indexOrEnd(text, '"', start + 1);
  while (quote < text.length && isEscaped(text, quote)) quote = indexOrEnd(text, '"', quote + 1);
  return quote + 1;
};

/** Behind an odd number of backslashes. */
const isEscaped = (text: string, index: number): boolean => {
  let before = index;
  while (text.charCodeAt(before - 1) === backslash) before--;
  return (index - before) % 2 === 1;
};

/** The index after a number or a literal name: where structure or white space begins again. */
const endOfWord = (text: string, start: number): number => {
  let index = start;
  while (index < text.length && !isEndOfWord(text.charCodeAt(index))) index++;
  return index;
};

const isEndOfWord = (code: number): boolean =>
  code === comma ||
  code === closeList ||
  code === closeObject ||
  code === colon ||
  code === doubleQuote ||
  code === openList ||
  code === openObject ||
  isWhiteSpace(code);
