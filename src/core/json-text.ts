import { findRepeatedMember } from './json-repeated-member.ts';
import { endOfJsonString } from './json-string.ts';
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

/**
 * Reads a JSON text that must be one object without any ambiguity: no member twice at any depth, however it is escaped
 * (RFC 8259 §4; `JSON.parse` keeps the last in silence), no lone surrogate and no U+0000 in any string, bounded structure.
 */
export const parseJsonObject = (text: string, limits: JsonLimits): Result<JsonObject, JsonDefect> => {
  if (text.startsWith('\uFEFF')) return defect('syntax', 'it starts with a byte order mark');
  if (!text.isWellFormed()) return defect('text', 'it holds a lone surrogate');
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // The message of JSON.parse quotes the text.
    return defect('syntax', 'it is not JSON');
  }
  if (!isObject(value)) return defect('not-an-object', 'it is JSON, but not an object');

  const { depth, members } = measure(text);
  if (depth > limits.maxDepth) return defect('too-deep', `it is nested ${depth} deep`);
  if (members > limits.maxMembers) return defect('too-many-members', `it has ${members} members`);
  // A repeated member is in the text and not in the tree, with all that is inside it.
  if (countMembers(value) < members) {
    return defect('repeated-member', `the member ${findRepeatedMember(text) ?? ''} is there twice`);
  }
  // Without an escape neither can be there: raw U+0000 is no JSON, and the text is well-formed.
  if (text.includes('\\u') && !everyString(value, isClean)) {
    return defect('text', 'a string holds U+0000 or a lone surrogate');
  }
  return ok(value);
};

/** Whether `text` has no U+0000, which PostgreSQL cannot keep, and no lone surrogate, which UTF-8 cannot carry (A34). */
export const isClean = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

const defect = (kind: JsonDefect['kind'], detail: string): Result<never, JsonDefect> =>
  fail({ kind, detail });

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nesting and members of a text that is known to be JSON: every colon outside a string belongs to one member. */
const measure = (text: string): { readonly depth: number; readonly members: number } => {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === 0x22) index = endOfJsonString(text, index);
    else if (character === 0x3a) members++;
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

const everyString = (value: JsonValue, holds: (text: string) => boolean): boolean => {
  if (typeof value === 'string') return holds(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, item]) => holds(name) && everyString(item, holds));
};
