import type { Activity, Party, PresentedJwt } from '../../../core/activity/activity.ts';
import type { Check } from '../../../core/activity/check.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { parseJsonObject } from '../../../core/json-text.ts';

/** The members of an activity that have no column of their own. */
export type ActivityBody = Pick<
  Activity,
  | 'door'
  | 'actor'
  | 'audience'
  | 'tokenHash'
  | 'sourceAddress'
  | 'checks'
  | 'details'
  | 'parameters'
  | 'presented'
> & { readonly accountName: string | null };

/** Far beyond what {@link writeBody} writes. */
const limits = { maxDepth: 1000, maxMembers: 1_000_000 };

type Shape<T> = (value: JsonValue) => value is T & JsonValue;

const isText = (value: JsonValue | undefined): value is string => typeof value === 'string';
const isTextOrNull = (value: JsonValue): value is string | null => value === null || isText(value);
const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isObjectOrNull = (value: JsonValue | undefined): boolean => value === null || isObject(value);
const isTexts = (value: JsonValue): boolean => Array.isArray(value) && value.every(isText);

/** Whether an object has members of these names and no others. */
const hasOnly = (object: JsonObject, names: readonly string[]): boolean =>
  Object.keys(object).every((name) => names.includes(name));

const isPartyOrNull = (value: JsonValue): boolean =>
  value === null ||
  (isObject(value) && hasOnly(value, ['id', 'name']) && isText(value['id']) && isText(value['name']));

const isCheck = (value: JsonValue): boolean =>
  isObject(value) &&
  hasOnly(value, ['check', 'expected', 'hint', 'ok', 'presented']) &&
  isText(value['check']) &&
  isText(value['expected']) &&
  isText(value['presented']) &&
  typeof value['ok'] === 'boolean' &&
  (value['hint'] === undefined || isText(value['hint']));

const isPresented = (value: JsonValue): boolean =>
  isObject(value) &&
  hasOnly(value, ['parameter', 'header', 'claims', 'verified']) &&
  isText(value['parameter']) &&
  isObjectOrNull(value['header']) &&
  isObjectOrNull(value['claims']) &&
  typeof value['verified'] === 'boolean';

const isDetail = (value: JsonValue): boolean =>
  value === null || typeof value !== 'object' || (Array.isArray(value) && isTexts(value));

const listOf = (isItem: (value: JsonValue) => boolean) => (value: JsonValue) =>
  Array.isArray(value) && value.every(isItem);

/** What each member has to be where it is there. */
const shapes: { readonly [Name in keyof ActivityBody]: Shape<ActivityBody[Name]> } = {
  accountName: isTextOrNull,
  door: isTextOrNull,
  actor: isPartyOrNull as Shape<Party | null>,
  audience: isTextOrNull,
  tokenHash: isTextOrNull,
  sourceAddress: isTextOrNull,
  checks: listOf(isCheck) as Shape<readonly Check[]>,
  parameters: ((value) =>
    isObject(value) && Object.values(value).every((item) => isText(item) || isTexts(item))) as Shape<
    Activity['parameters']
  >,
  presented: listOf(isPresented) as Shape<readonly PresentedJwt[]>,
  details: ((value) => value === null || (isObject(value) && Object.values(value).every(isDetail))) as Shape<
    Activity['details']
  >,
};

/** What a member means that is not there. */
const defaults: ActivityBody = {
  accountName: null,
  door: null,
  actor: null,
  audience: null,
  tokenHash: null,
  sourceAddress: null,
  checks: [],
  parameters: null,
  presented: [],
  details: null,
};

/** A text as short as this cannot be nested deeper than {@link limits} allow: each level takes two characters. */
const maxPlain = 2 * limits.maxDepth;

/** Claims of strangers may have any name, and `JSON.parse` misreads some of them (`parseJsonObject` says which). */
const parse = (text: string): JsonObject | null => {
  if (text.length > maxPlain || text.includes('\\')) {
    const parsed = parseJsonObject(text, limits);
    return parsed.ok ? parsed.value : null;
  }
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

/** Reads the body of a line; `null` for one that is nothing we ever wrote, be it by a single member too many. */
export const readBody = (text: string): ActivityBody | null => {
  const parsed = parse(text);
  if (parsed === null) return null;
  for (const [name, value] of Object.entries(parsed))
    if (!Object.hasOwn(shapes, name) || !shapes[name as keyof ActivityBody](value)) return null;
  return { ...defaults, ...(parsed as unknown as Partial<ActivityBody>) };
};

/**
 * The body of a line as text. There is one text for each content, so that a line can be held against it: members that a
 * later release adds come last, and only where they say something.
 *
 * @param checks those of the activity as text; in the order their members have where it is not given
 */
export const writeBody = (activity: Activity, checks = JSON.stringify(activity.checks)): string => {
  const start = JSON.stringify({
    accountName: activity.account?.name ?? null,
    door: activity.door,
    actor: activity.actor,
    audience: activity.audience,
    tokenHash: activity.tokenHash,
    sourceAddress: activity.sourceAddress,
  });
  // Only refusals have them: the lines of issued tokens stay short.
  const end = JSON.stringify({
    ...(activity.parameters === null ? {} : { parameters: activity.parameters }),
    ...(activity.presented.length === 0 ? {} : { presented: activity.presented }),
    details: activity.details,
  });
  return `${start.slice(0, -1)},"checks":${checks},${end.slice(1)}`;
};
