import type * as z from 'zod';
import type { activityStoryResource } from '../../admin-api/activities.ts';
import type { CommandContext } from '../command-context.ts';
import type { AdminOptions } from './admin-options.ts';
import { openAdminSession } from './admin-session.ts';
import { shortTime, toneOfOutcome } from './columns.ts';
import { candidateSections, memberRows, otherChecks, whySections } from './explain-sections.ts';
import { findResource } from './find-resource.ts';
import { printJson, printRecord } from './print.ts';
import type { Row, Section } from './render-record.ts';
import { resources } from './resources.ts';

type Story = z.input<typeof activityStoryResource>;
type Presented = Story['presented'][number];

/** `bureau activities show`: the whole story of a receipt, for somebody who is tired. */
export const showActivity = async (
  context: CommandContext,
  said: readonly string[],
  options: AdminOptions,
): Promise<void> => {
  const session = await openAdminSession(context, options);
  const { item } = await findResource(session, resources.activities, said);
  if (options.json === true) printJson(context, item);
  else printRecord(context, () => storySections(item as Story));
};

/** What became of it and what to do, why, what came, the candidates, and then the rest. */
const storySections = (story: Story): readonly Section[] => [
  { rows: verdictRows(story) },
  ...whySections(story.explanation),
  ...story.presented.map(presentedSection),
  ...candidateSections(story.candidates),
  ...otherChecks(
    story.checks.filter(({ ok, hint }) => !ok || hint !== undefined),
    story.candidates,
  ),
  ...requestSections(story),
  ...passedSections(story),
];

const verdictRows = (story: Story): readonly Row[] => [
  {
    label: 'Verdict',
    value: story.outcome === 'changed' ? story.reason : `${story.outcome}: ${story.reason}`,
    tone: toneOfOutcome(story),
  },
  ...optional('Because', story.explanation?.summary ?? null),
  { label: 'When', value: shortTime(story.time) },
  { label: 'What', value: story.door === null ? story.type : `${story.type}, ${story.door}` },
  ...optional('From', story.sourceAddress),
  ...optional('Account', nameOf(story.account)),
  ...(nameOf(story.actor) === nameOf(story.account) ? [] : optional('Actor', nameOf(story.actor))),
  // What was presented says these better.
  ...(story.presented.length > 0
    ? []
    : [
        ...optional('Issuer', story.issuer),
        ...optional('Subject', story.subject),
        ...optional('Audience', story.audience),
      ]),
  ...optional('Issued token', story.jti),
  ...Object.entries(story.details ?? {}).map(([label, value]) => ({
    label,
    value: Array.isArray(value) ? value : String(value),
  })),
  { label: 'Receipt', value: story.id },
];

const nameOf = (party: Story['account']): string | null =>
  party === null ? null : `${party.name} (${party.id})`;

const optional = (label: string, value: string | null): readonly Row[] =>
  value === null ? [] : [{ label, value }];

const presentedSection = ({ parameter, header, claims, verified }: Presented): Section => ({
  heading: `Token in ${parameter}, ${verified ? 'signature good' : 'not verified: anybody may have written this'}`,
  rows:
    header === null && claims === null
      ? [{ label: 'content', value: 'none that can be read: it is no JWT' }]
      : [
          { label: 'header', value: header === null ? 'cannot be read' : JSON.stringify(header) },
          ...(claims === null
            ? [{ label: 'claims', value: 'cannot be read' }]
            : memberRows(claims).map(withMoment)),
        ],
});

/** Beside a number of seconds, the moment that is. */
const withMoment = (row: Row): Row => {
  const seconds = ['exp', 'iat', 'nbf', 'auth_time'].includes(row.label) ? Number(row.value) : Number.NaN;
  if (!Number.isInteger(seconds) || seconds < 0 || seconds >= 2 ** 40) return row;
  return { ...row, value: `${seconds} (${shortTime(new Date(seconds * 1000).toISOString())})` };
};

const requestSections = ({ parameters }: Story): readonly Section[] =>
  parameters === null
    ? []
    : [
        {
          heading: 'Parameters of the request',
          rows: Object.entries(parameters).map(([label, value]) => ({ label, value })),
        },
      ];

/** By name only: nobody asks what was wrong with what was right. */
const passedSections = ({ checks, candidates }: Story): readonly Section[] => {
  const shown = new Set(candidates.flatMap((candidate) => candidate.checks).map(({ check }) => check));
  const names = checks
    .filter(({ check, ok, hint }) => ok && hint === undefined && !shown.has(check))
    .map(({ check }) => check);
  return names.length === 0
    ? []
    : [{ rows: [{ label: 'Also good', value: `${[...new Set(names)].join(', ')} (--json has all of it)` }] }];
};
