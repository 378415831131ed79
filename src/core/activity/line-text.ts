import { toCanonicalJson } from '../canonical-json.ts';
import type { Activity } from './activity.ts';
import type { Check } from './check.ts';

/**
 * The canonical JSON of a line of the trail, cut where its place in a chain goes, so that whoever knows the end of the
 * chain has only to put the three together. `chain` stands behind `account`, `actor` and `audience`, and before the rest.
 */
export interface LineText {
  readonly before: string;
  readonly after: string;
}

/** A place as the text of a line names it. */
interface Place {
  readonly writer: string;
  readonly number: number;
  readonly previous: string;
}

/** JSON of checks in the canonical order of their members, whatever order they came in. */
export const writeChecks = (checks: readonly Check[]): string =>
  JSON.stringify(
    checks.map(({ check, expected, hint, ok, presented }) => ({ check, expected, hint, ok, presented })),
  );

/** As it is, and nothing at all where there is nothing to say. */
const said = <T>(value: T | null): T | undefined => value ?? undefined;

const party = (given: Activity['account']): Activity['account'] | undefined =>
  given === null ? undefined : { id: given.id, name: given.name };

/** Members of an object as text, without its brackets, and a comma behind them where there are any. */
const members = (text: string): string => (text === '{}' ? '' : `${text.slice(1, -1)},`);

/** Refusals and changes have them; there are few of those, and what is in them has any names. */
const member = (name: string, value: unknown): string => `"${name}":${toCanonicalJson(value)},`;

/**
 * The text that `hashLine` makes of the same line: members in their canonical order, without those that say nothing.
 *
 * @param checks what {@link writeChecks} makes of the activity's
 * @throws RangeError when the time is none
 */
export const writeLineText = (activity: Activity, checks = writeChecks(activity.checks)): LineText => {
  const { details, parameters, presented } = activity;
  const isPlain = parameters === null && presented.length === 0;
  const start = JSON.stringify({
    account: party(activity.account),
    actor: party(activity.actor),
    audience: said(activity.audience),
  });
  const middle = {
    door: said(activity.door),
    id: activity.id,
    issuer: said(activity.issuer),
    jti: said(activity.jti),
    outcome: activity.outcome,
  };
  const end = {
    reason: activity.reason,
    sourceAddress: said(activity.sourceAddress),
    subject: said(activity.subject),
    tenant: activity.tenant,
    time: new Date(activity.time).toISOString(),
    tokenHash: said(activity.tokenHash),
    type: activity.type,
  };
  const rest = isPlain
    ? JSON.stringify({ ...middle, ...end }).slice(1)
    : members(JSON.stringify(middle)) +
      (parameters === null ? '' : member('parameters', parameters)) +
      (presented.length === 0 ? '' : member('presented', presented)) +
      JSON.stringify(end).slice(1);
  return {
    before: `{${members(start)}`,
    after: `${checks === '[]' ? '' : `"checks":${checks},`}${details === null ? '' : member('details', details)}${rest}`,
  };
};

/** The canonical JSON of a line at its place. */
export const placeLine = ({ before, after }: LineText, { writer, number, previous }: Place): string =>
  `${before}"chain":{"number":${number},"previous":${JSON.stringify(previous)},"writer":${JSON.stringify(writer)}},${after}`;
