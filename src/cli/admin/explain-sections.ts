import type * as z from 'zod';
import type { explainedResource } from '../../admin-api/explain.ts';
import { shortTime } from './columns.ts';
import type { Row, Section } from './render-record.ts';

type Explained = z.input<typeof explainedResource>;
type Check = Explained['checks'][number];
type Candidate = Explained['candidates'][number];

/** What would become of a token, for people: the verdict, what to do, the candidates, and then the rest. */
export const explainedSections = (explained: Explained): readonly Section[] => {
  const { explanation, candidates, checks, granted } = explained;
  return [
    { rows: verdictRows(explained) },
    ...whySections(explanation),
    ...candidateSections(candidates),
    ...(granted === null ? [] : [{ heading: 'Claims of the token', rows: memberRows(granted.claims) }]),
    ...otherChecks(checks, candidates),
  ];
};

/** The causes in plain words, and what to do. */
export const whySections = (explanation: Explained['explanation']): readonly Section[] =>
  explanation === null
    ? []
    : [
        {
          heading: 'Why',
          rows: [
            ...explanation.causes.map(({ check, sentence }) => ({ label: check, value: apart(sentence) })),
            { label: 'To do', value: apart(explanation.change), tone: 'title' as const },
          ],
        },
      ];

const verdictRows = (explained: Explained): readonly Row[] => {
  const { outcome, reason, error, door, account, federation, granted, explanation, at, assumed } = explained;
  const isIssued = outcome === 'issued';
  return [
    {
      label: 'Verdict',
      value: isIssued ? 'would be issued' : `would be refused: ${reason}`,
      tone: isIssued ? 'good' : 'bad',
    },
    ...optional('Because', explanation?.summary ?? null),
    ...optional('Answer', error === null ? null : `${error.status} ${error.error}`),
    ...optional('Door', door),
    ...optional('Account', account === null ? null : `${account.name} (${account.id})`),
    ...optional('Federation', federation?.id ?? null),
    ...optional('Scope', granted?.scope ?? null),
    ...optional('Audience', granted?.audience ?? null),
    ...optional('Lifetime', granted === null ? null : `${granted.expiresIn} s`),
    { label: 'As of', value: shortTime(at) },
    ...(assumed.length === 0
      ? []
      : [{ label: 'Not verified', value: `${assumed.join(', ')}: taken as good`, tone: 'bad' as const }]),
  ];
};

const optional = (label: string, value: string | null): readonly Row[] =>
  value === null ? [] : [{ label, value }];

/** Each sentence on a line of its own: a terminal breaks long ones in the middle of a word. */
const apart = (text: string): readonly string[] => text.split(/(?<=[.?]) (?=[A-Z])/);

/** The federations a token was held against, the nearest first, and in each what failed first. */
export const candidateSections = (candidates: readonly Candidate[]): readonly Section[] =>
  candidates.map(candidateSection);

const candidateSection = ({ account, federation, matches, checks }: Candidate, index: number): Section => {
  const place = index === 0 ? 'Nearest candidate' : `Candidate ${index + 1}`;
  return {
    heading: `${place}: account ${account?.name ?? '?'}, federation ${federation ?? '?'}, ${matches ? 'matches' : 'does not match'}`,
    tone: matches ? 'good' : 'bad',
    rows: failedFirst(checks).map(checkRow),
  };
};

/** What was looked at beside the candidates. */
export const otherChecks = (
  checks: readonly Check[],
  candidates: readonly Candidate[],
): readonly Section[] => {
  const shown = new Set(candidates.flatMap((candidate) => candidate.checks).map(identityOf));
  const others = checks.filter(
    (each) => each.check !== 'federation.candidate' && !shown.has(identityOf(each)),
  );
  return others.length === 0 ? [] : [{ heading: 'Other checks', rows: failedFirst(others).map(checkRow) }];
};

const identityOf = ({ check, expected, presented }: Check): string =>
  JSON.stringify([check, expected, presented]);

const failedFirst = (checks: readonly Check[]): readonly Check[] => [
  ...checks.filter(({ ok }) => !ok),
  ...checks.filter(({ ok }) => ok),
];

/** What is good in one line; what is not with what was wanted, what came, and what to change. */
const checkRow = ({ check, expected, presented, ok, hint }: Check): Row =>
  ok
    ? { label: `✓ ${check}`, value: hint === undefined ? presented : [presented, hint] }
    : {
        label: `✗ ${check}`,
        value: [
          `expected   ${expected}`,
          `presented  ${presented}`,
          ...(hint === undefined ? [] : [`change     ${hint}`]),
        ],
        tone: 'bad',
      };

/** The members of a header or of claims. */
export const memberRows = (members: Readonly<Record<string, unknown>>): readonly Row[] =>
  Object.entries(members).map(([label, value]) => ({ label, value: JSON.stringify(value) ?? '' }));
