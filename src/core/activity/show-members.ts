import type { JsonObject, JsonValue } from '../json.ts';
import { maskSecrets, namesSecret } from './mask-secrets.ts';

/** Characters of one text, of one member as JSON, and of one name. */
const maxText = 512;
const maxMember = 1024;
const maxName = 128;

/** The least a member takes, as `["",0]`. */
const leastMember = 6;

/** Kept when there is no room for everything: without them nothing is explained. */
const first: readonly string[] = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'alg', 'kid', 'typ'];

/**
 * The members of a header or of claims for the eyes of an administrator: secrets out, texts and lists cut, and within
 * `room` characters of JSON in all. What was cut or left out says so in its place.
 */
export const showMembers = (object: JsonObject, room: number): JsonObject => {
  const names = Object.keys(object);
  const urgent = new Set(first.filter((name) => Object.hasOwn(object, name)));
  const shown = new Map<string, JsonValue>();
  let left = room;
  for (const name of [...urgent, ...names.filter((each) => !urgent.has(each))]) {
    if (left < leastMember) break;
    const value = showMember(name, object[name] ?? null);
    const size = JSON.stringify([name, value]).length;
    if (size > left) continue;
    left -= size;
    shown.set(name, value);
  }
  const missing = names.length - shown.size;
  const kept = names
    .filter((name) => shown.has(name))
    .map((name): readonly [string, JsonValue] => [cutName(name), shown.get(name) ?? null]);
  const rest: readonly (readonly [string, JsonValue])[] =
    missing === 0 ? [] : [['…', `<${missing} more ${missing === 1 ? 'member' : 'members'} left out>`]];
  return Object.fromEntries([...kept, ...rest]);
};

const cutName = (name: string): string => cutText(maskSecrets(name), maxName);

const showMember = (name: string, value: JsonValue): JsonValue => {
  if (namesSecret(name) && typeof value !== 'boolean' && value !== null) return '<not shown>';
  const shown = showValue(value);
  return JSON.stringify(shown).length <= maxMember ? shown : describeSize(value);
};

/** Only the beginning of a long text is looked at; a secret that its end cuts through is not among what is shown. */
const showText = (text: string): string => {
  if (text.length <= 4 * maxText) return cutText(maskSecrets(text), maxText);
  // With the dot, what is cut within the header of a token is known as one.
  const beginning = maskSecrets(`${text.slice(0, 4 * maxText)}.`);
  const whole = beginning.length >= 2 * maxText ? beginning : beginning.replace(/[\w.+/=-]+$/, '');
  return `${whole.slice(0, maxText).toWellFormed()}… <cut, ${text.length} characters>`;
};

/** The nesting of what is shown was bounded when it was read. */
const showValue = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') return showText(value);
  // JSON has no such number, and what is kept has to read back as it was written.
  if (typeof value === 'number' && !Number.isFinite(value)) return '<a number beyond the range>';
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(showValue);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [cutName(name), showMember(name, item)]),
  );
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
