import { type JsonDefect, type JsonLimits, readJsonObject, tooDeep, tooManyMembers } from './json-reader.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { fail, ok, type Result } from './result.ts';

/**
 * Reads a JSON text that must be one object without any ambiguity: no member twice at any depth, however it is escaped
 * (RFC 8259 §4; `JSON.parse` keeps the last in silence), no lone surrogate and no U+0000 in any string, bounded structure.
 *
 * A text without a backslash, which is nearly every one, goes through `JSON.parse` and is then counted; one with a
 * backslash through {@link readJsonObject}. That is more than care: V8 up to at least 14.6 misreads an escaped member name
 * once it has read another one that held a backslash (nodejs/node#63785), so that a stranger's token could change how the
 * next one is read.
 */
export const parseJsonObject = (text: string, limits: JsonLimits): Result<JsonObject, JsonDefect> => {
  if (text.startsWith('\uFEFF')) return fail({ kind: 'syntax', detail: 'it starts with a byte order mark' });
  if (!text.isWellFormed()) return fail({ kind: 'text', detail: 'it holds a lone surrogate' });
  if (text.includes('\\')) return readJsonObject(text, limits);
  // Before anything is made of it: what is too much must not cost much (A17, A36).
  const { depth, members } = measure(text);
  if (depth > limits.maxDepth) return fail(tooDeep(limits));
  if (members > limits.maxMembers) return fail(tooManyMembers(limits));
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // The message of JSON.parse quotes the text.
    return fail({ kind: 'syntax', detail: 'it is not JSON' });
  }
  if (!isObject(value)) return fail({ kind: 'not-an-object', detail: 'it is JSON, but not an object' });

  // A repeated member is in the text and not in the tree, with all that is inside it; the reader can name it.
  return countMembers(value) === members ? ok(value) : readJsonObject(text, limits);
};

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nesting and members of a text without a backslash; where it is JSON, every colon outside a string belongs to one member. */
const measure = (text: string): { readonly depth: number; readonly members: number } => {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === 0x22) {
      index = text.indexOf('"', index + 1);
      if (index < 0) break;
    } else if (character === 0x3a) members++;
    else if (character === 0x7b || character === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (character === 0x7d || character === 0x5d) depth--;
  }
  return { depth: deepest, members };
};

/** Recursion is bounded: depth was measured in the text before. */
const countMembers = (value: JsonValue): number => {
  if (typeof value !== 'object' || value === null) return 0;
  const items = Object.values(value);
  let members = Array.isArray(value) ? 0 : items.length;
  for (const item of items) members += countMembers(item);
  return members;
};
