import type { JsonObject, JsonValue } from '../json.ts';
import { longestOpening, maskSecrets, mayHoldSecret, namesSecret } from './mask-secrets.ts';

/** Characters of one text, of one member as JSON, and of one name. */
const maxText = 512;
const maxLooked = 2 * maxText;
/** Where nothing begins like a secret, this much further than is shown is enough to know it. */
const maxGlanced = maxText + longestOpening;
const maxMember = 1024;
const maxName = 128;

/** The least a member takes, as `["",0]`. */
const leastMember = 6;

/** Brackets and comma around a name and its value. */
const aroundMember = 3;

/** Members that did not fit, after which no more are looked at: what is shown is bounded, and so is the work (A36). */
const maxMisfits = 8;

/** Kept when there is no room for everything: without them nothing is explained. */
const first: readonly string[] = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'alg', 'kid', 'typ'];

/**
 * The members of a header or of claims for the eyes of an administrator: secrets out, texts and lists cut, and within
 * `room` characters of JSON in all. What was cut or left out says so in its place.
 */
export const showMembers = (object: JsonObject, room: number): JsonObject => {
  let left = room;
  let misfits = 0;
  const isFull = (): boolean => left < leastMember || misfits > maxMisfits;
  const tryToShow = (name: string): Shown | null => {
    const shown = showMember(name, object[name] ?? null);
    const taken = sizeOf(name) + shown.size + aroundMember;
    if (taken > left) {
      misfits += 1;
      return null;
    }
    left -= taken;
    return shown;
  };

  const early = new Map<string, Shown | null>();
  for (const name of first) if (!isFull() && Object.hasOwn(object, name)) early.set(name, tryToShow(name));
  const names = Object.keys(object);
  const kept: (readonly [string, JsonValue])[] = [];
  for (const name of names) {
    const known = early.get(name);
    if (known === undefined && (isFull() || first.includes(name))) continue;
    const shown = known === undefined ? tryToShow(name) : known;
    if (shown !== null) kept.push([cutName(name), shown.value]);
  }
  const missing = names.length - kept.length;
  if (missing > 0) kept.push(['…', `<${missing} more ${missing === 1 ? 'member' : 'members'} left out>`]);
  return Object.fromEntries(kept);
};

/** Nothing in it is written in another way in JSON: a look costs half of writing it. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** Characters of JSON. */
const sizeOf = (value: JsonValue): number =>
  typeof value === 'string' && plain.test(value) ? value.length + 2 : JSON.stringify(value).length;

const cutName = (name: string): string => cutText(maskSecrets(name), maxName);

/** A value as it is shown, and how many characters of JSON that has. */
interface Shown {
  readonly value: JsonValue;
  readonly size: number;
}

const shownAs = (value: JsonValue): Shown => ({ value, size: sizeOf(value) });

const showMember = (name: string, value: JsonValue): Shown => {
  if (namesSecret(name) && typeof value !== 'boolean' && value !== null) return shownAs('<not shown>');
  const shown = showValue(value, maxMember);
  return shown !== null && shown.size <= maxMember ? shown : shownAs(describeSize(value));
};

/** `null` as soon as it is known to have more than `room` characters. The nesting was bounded when it was read. */
const showValue = (value: JsonValue, room: number): Shown | null => {
  if (typeof value === 'string') return shownAs(showText(value));
  // JSON has no such number, and what is kept has to read back as it was written.
  if (typeof value === 'number' && !Number.isFinite(value)) return shownAs('<a number beyond the range>');
  if (typeof value !== 'object' || value === null) return shownAs(value);
  return Array.isArray(value) ? showItems(value, room) : showObject(value as JsonObject, room);
};

const showItems = (items: readonly JsonValue[], room: number): Shown | null => {
  const shown: JsonValue[] = [];
  let size = 1 + Math.max(1, items.length);
  for (const item of items) {
    const each = size > room ? null : showValue(item, room - size);
    if (each === null) return null;
    size += each.size;
    shown.push(each.value);
  }
  return { value: shown, size };
};

const showObject = (object: JsonObject, room: number): Shown | null => {
  const members = Object.entries(object);
  const shown: (readonly [string, JsonValue])[] = [];
  // Brackets, colons and the commas in between.
  let size = 1 + Math.max(1, 2 * members.length);
  for (const [name, item] of members) {
    if (size > room) return null;
    const each = showMember(name, item);
    const shownName = cutName(name);
    size += sizeOf(shownName) + each.size;
    shown.push([shownName, each.value]);
  }
  return { value: Object.fromEntries(shown), size };
};

/**
 * Only the beginning of a long text is looked at, as much again as is shown: by then every secret that begins within what is
 * shown is known as one.
 */
const showText = (text: string): string => {
  if (text.length > maxGlanced && !mayHoldSecret(text.slice(0, maxGlanced))) return cutText(text, maxText);
  if (text.length <= maxLooked) return cutText(maskSecrets(text), maxText);
  // With the dot, what is cut within the header of a token is known as one.
  const beginning = `${text.slice(0, maxLooked)}.`;
  const masked = maskSecrets(beginning);
  // A word may be shorter than its secret, and brings near what lay behind it: the end may cut through another secret there.
  const whole = masked === beginning ? masked : masked.replace(/[\w.+/=-]+$/, '');
  return `${whole.slice(0, maxText).toWellFormed()}… <cut, ${text.length} characters>`;
};

const describeSize = (value: JsonValue): string => {
  if (Array.isArray(value)) return `<left out: a list of ${value.length}>`;
  return typeof value === 'object' && value !== null
    ? `<left out: an object of ${Object.keys(value).length} members>`
    : '<left out>';
};

/** `text`, or its beginning and how long it was. */
export const cutText = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most).toWellFormed()}… <cut, ${text.length} characters>`;
