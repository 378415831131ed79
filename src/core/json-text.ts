import { isClean } from './clean-text.ts';
import {
  endOfString,
  type JsonDefect,
  type JsonLimits,
  readJsonObject,
  tooDeep,
  tooManyMembers,
} from './json-reader.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { fail, ok, type Result } from './result.ts';

/**
 * Reads a JSON text that must be one object without any ambiguity: no member twice at any depth, however it is escaped
 * (RFC 8259 §4; `JSON.parse` keeps the last in silence), no lone surrogate and no U+0000 in any string, bounded structure.
 *
 * A text none of whose names has a backslash, which is nearly every one, goes through `JSON.parse` and is then counted; one
 * that has goes through {@link readJsonObject}. That is more than care: V8 up to at least 14.6 misreads an escaped member name
 * once it has read another one that held a backslash (nodejs/node#63785), so that a stranger's token could change how the
 * next one is read.
 */
export const parseJsonObject = (text: string, limits: JsonLimits): Result<JsonObject, JsonDefect> => {
  if (text.startsWith('\uFEFF')) return fail({ kind: 'syntax', detail: 'it starts with a byte order mark' });
  if (!text.isWellFormed()) return fail({ kind: 'text', detail: 'it holds a lone surrogate' });
  const { maxValues = Number.POSITIVE_INFINITY } = limits;
  // Before anything is made of it: what is too much must not cost much (A17, A36).
  const { depth, members, values, deepestMember, hasEscapedName } = measure(text);
  if (depth > limits.maxDepth) return fail(tooDeep(limits));
  if (members > limits.maxMembers) return fail(tooManyMembers(limits));
  // Step by step each value costs many times as much.
  const mostValues = hasEscapedName ? maxValues / 2 : maxValues;
  if (values > mostValues)
    return fail({ kind: 'too-many-values', detail: `it has more than ${mostValues} values` });
  if (hasEscapedName) return readJsonObject(text, limits);
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // The message of JSON.parse quotes the text.
    return fail({ kind: 'syntax', detail: 'it is not JSON' });
  }
  if (!isObject(value)) return fail({ kind: 'not-an-object', detail: 'it is JSON, but not an object' });

  // A repeated member is in the text and not in the tree, with all that is inside it; the reader can name it. So it can a
  // text that is not clean.
  return countMembers(value, deepestMember) === members && (!unclean.test(text) || isCleanTree(value))
    ? ok(value)
    : readJsonObject(text, limits);
};

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Measured {
  readonly depth: number;
  readonly members: number;
  /** At least as many as there are. */
  readonly values: number;
  /** How deep the deepest member stands: there is none to be found below it. */
  readonly deepestMember: number;
  readonly hasEscapedName: boolean;
}

/** Nesting and members of a text; where it is JSON, every colon outside a string belongs to one member. */
const measure = (text: string): Measured => {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let values = 0;
  let deepestMember = 0;
  let hasEscapedName = false;
  const hasEscapes = text.includes('\\');
  /** Whether the last string that was passed had a backslash. */
  let wasEscaped = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === 0x22) {
      const start = index;
      index = text.indexOf('"', index + 1);
      if (index < 0) break;
      if (hasEscapes) {
        index = endOfString(text, start) - 1;
        wasEscaped = text.slice(start, index).includes('\\');
      }
    } else if (character === 0x3a) {
      members++;
      deepestMember = Math.max(deepestMember, depth);
      hasEscapedName ||= wasEscaped;
    } else if (character === 0x2c) values++;
    else if (character === 0x7b || character === 0x5b) {
      // One for itself as far as it holds anything: behind each comma there is another.
      values++;
      deepest = Math.max(deepest, ++depth);
    } else if (character === 0x7d || character === 0x5d) depth--;
  }
  return { depth: deepest, members, values, deepestMember, hasEscapedName };
};

/** Recursion is bounded: depth was measured in the text before. */
const countMembers = (value: JsonValue, levels: number): number => {
  if (levels === 0 || typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    if (levels > 1)
      for (const item of value as readonly JsonValue[]) members += countMembers(item, levels - 1);
    return members;
  }
  const names = Object.keys(value);
  members = names.length;
  if (levels > 1)
    for (const name of names) members += countMembers((value as JsonObject)[name] ?? null, levels - 1);
  return members;
};

/** How what no string may hold is written with a backslash, or a part of it. */
const unclean = /\\u(?:0000|[dD][89a-fA-F])/;

const isCleanTree = (value: JsonValue): boolean => {
  if (typeof value === 'string') return isClean(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, item]) => isClean(name) && isCleanTree(item));
};
