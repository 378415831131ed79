import type { Activity, Party } from '../../core/activity/activity.ts';
import type { Check } from '../../core/activity/check.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { sanitizeText } from './text.ts';

/** The most checks, and the most entries of one list or of the details, that a line keeps. */
const maxEntries = 200;

/** An index entry of PostgreSQL holds at most 2,704 bytes, at up to three bytes for each UTF-16 code unit. */
const maxIndexedText = 256;

/** Text of a column that is not indexed. */
export const fitText = (text: string): string => sanitizeText(text);

/** Text of an indexed column. */
export const fitIndexed = (text: string): string => sanitizeText(text, maxIndexedText);

const orNull =
  <T>(fit: (value: T) => T) =>
  (value: T | null): T | null =>
    value === null ? null : fit(value);

const fitTextOrNull = orNull(fitText);
const fitIndexedOrNull = orNull(fitIndexed);

const fitParty = (party: Party): Party => ({ id: fitIndexed(party.id), name: fitText(party.name) });
const fitPartyOrNull = orNull(fitParty);

/** With its members sorted: the canonical form of a line, which the chain hashes, is quickly made then. */
const fitCheck = (check: Check): Check => ({
  check: fitText(check.check),
  expected: fitText(check.expected),
  ...(check.hint === undefined ? {} : { hint: fitText(check.hint) }),
  ok: check.ok,
  presented: fitText(check.presented),
});

const fitChecks = (checks: readonly Check[]): readonly Check[] =>
  checks.length <= maxEntries
    ? checks.map(fitCheck)
    : [
        ...checks.slice(0, maxEntries - 1).map(fitCheck),
        {
          check: 'activity.checks',
          expected: `at most ${maxEntries} checks are kept`,
          ok: false,
          presented: `${checks.length} checks`,
        },
      ];

type Details = NonNullable<Activity['details']>;

const fitDetail = (value: Details[string]): Details[string] => {
  if (typeof value === 'string') {
    return fitText(value);
  }
  return typeof value === 'object' && value !== null ? value.slice(0, maxEntries).map(fitText) : value;
};

const fitDetails = (details: Details): Details =>
  Object.fromEntries(
    Object.entries(details)
      .slice(0, maxEntries)
      .map(([name, value]) => [fitText(name), fitDetail(value)]),
  );

/** The most tokens of one request, and characters of JSON for each and for the parameters. */
const maxPresented = 5;
const maxStory = 12_288;

/** Whether it is as {@link fitJson} would make it: nearly all is, and need not be made again. */
const isFitted = (value: JsonValue): boolean => {
  if (typeof value === 'string') return fitText(value) === value;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isFitted);
  const object = value as JsonObject;
  return Object.keys(object).every((name) => fitText(name) === name && isFitted(object[name] ?? null));
};

const fitJson = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') return fitText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fitJson);
  return fitObject(value as JsonObject);
};

const fitObject = (object: JsonObject): JsonObject =>
  isFitted(object)
    ? object
    : Object.fromEntries(Object.entries(object).map(([name, item]) => [fitText(name), fitJson(item)]));

/** What is still too long is not kept at all: who made it has smaller limits of its own. */
const fits = (value: JsonValue): boolean => JSON.stringify(value).length <= maxStory;

const fitParameters = (parameters: NonNullable<Activity['parameters']>): Activity['parameters'] => {
  const fitted = fitObject(parameters) as NonNullable<Activity['parameters']>;
  return fits(fitted) ? fitted : null;
};

const fitPresented = (presented: Activity['presented']): Activity['presented'] =>
  presented
    .slice(0, maxPresented)
    .map(({ parameter, header, claims, verified }) => ({
      parameter: fitText(parameter),
      header: orNull(fitObject)(header),
      claims: orNull(fitObject)(claims),
      verified,
    }))
    .filter(fits);

/**
 * `activity` as every engine can keep it: no U+0000, no lone surrogate, bounded texts and lists. What was cut matters
 * less than that the line is there: a refusal whose line cannot be written would have no receipt (A34).
 */
export const fitActivity = (activity: Activity): Activity => ({
  tenant: fitIndexed(activity.tenant),
  id: fitIndexed(activity.id),
  time: Math.floor(activity.time),
  type: fitIndexed(activity.type),
  outcome: activity.outcome,
  reason: fitIndexed(activity.reason),
  door: fitTextOrNull(activity.door),
  account: fitPartyOrNull(activity.account),
  actor: fitPartyOrNull(activity.actor),
  issuer: fitTextOrNull(activity.issuer),
  subject: fitTextOrNull(activity.subject),
  audience: fitTextOrNull(activity.audience),
  jti: fitIndexedOrNull(activity.jti),
  tokenHash: fitTextOrNull(activity.tokenHash),
  sourceAddress: fitTextOrNull(activity.sourceAddress),
  checks: fitChecks(activity.checks),
  parameters: activity.parameters === null ? null : fitParameters(activity.parameters),
  presented: fitPresented(activity.presented),
  details: orNull(fitDetails)(activity.details),
});
