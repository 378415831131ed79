import type * as z from 'zod';
import type { verifiedCredentialProviderResource } from '../../admin-api/credential-providers.ts';
import type { trustedIssuerWithHealthResource } from '../../admin-api/trusted-issuers.ts';
import {
  type AccountItem,
  type ActivityItem,
  type BlockItem,
  type IssuerItem,
  type KeyItem,
  type ProviderItem,
  keySource,
  shortTime,
  toneOfOutcome,
  toneOfStatus,
} from './columns.ts';
import { warningSections } from './registration-records.ts';
import type { Row, Section } from './render-record.ts';

type KeyHealth = z.input<typeof trustedIssuerWithHealthResource>['keyHealth'];
type Federation = AccountItem['federations'][number];
type Condition = Federation['conditions'][number];

const describeCondition = ({ claim, equals, oneOf, matches }: Condition): string => {
  if (equals !== undefined) return `${claim} = ${JSON.stringify(equals)}`;
  return oneOf === undefined ? `${claim} matches ${matches ?? ''}` : `${claim} in ${JSON.stringify(oneOf)}`;
};

const federation = (item: Federation, index: number): Section => ({
  heading: `Federation ${index + 1}`,
  rows: [
    { label: 'Issuer', value: item.issuer },
    item.subjectPattern === null
      ? { label: 'Subject', value: item.subject }
      : { label: 'Subject pattern', value: item.subjectPattern },
    { label: 'Audience', value: item.audience },
    ...optional('JWKS URI', item.jwksUri),
    ...optional('Conditions', item.conditions.map(describeCondition)),
    ...optional('CEL', item.cel),
    ...(item.allowAdditionalAudiences ? [{ label: 'More audiences', value: 'allowed' }] : []),
    { label: 'ID', value: item.id },
  ],
});

const optional = (label: string, value: Row['value']): readonly Row[] =>
  value === null || value.length === 0 ? [] : [{ label, value }];

const accounts = (item: AccountItem): readonly Section[] => [
  {
    rows: [
      { label: 'ID', value: item.id },
      { label: 'Name', value: item.name },
      ...optional('Description', item.description),
      { label: 'Status', value: item.status, tone: toneOfStatus(item) },
      { label: 'Role', value: item.role },
      { label: 'Team', value: item.owningTeam },
      { label: 'Use case', value: item.useCase },
      { label: 'Scopes', value: item.scopes },
      { label: 'Token audiences', value: item.audiences },
      ...optional('Token algorithm', item.accessTokenAlgorithm),
      ...(item.capToSubjectExpiry
        ? [{ label: 'Token life', value: 'ends with the token that was presented' }]
        : []),
      { label: 'Created', value: shortTime(item.createdAt) },
      { label: 'Changed', value: shortTime(item.updatedAt) },
    ],
  },
  ...item.federations.map(federation),
  ...warningSections(item),
];

const keys = (item: KeyItem): readonly Section[] => [
  {
    rows: [
      { label: 'ID', value: item.id },
      { label: 'Key ID (kid)', value: item.kid },
      { label: 'Thumbprint', value: item.thumbprint },
      { label: 'Algorithm', value: item.algorithm },
      { label: 'Status', value: item.status, tone: toneOfStatus(item) },
      { label: 'Expires', value: shortTime(item.expiresAt) },
      { label: 'Last used', value: shortTime(item.lastUsedAt) },
      { label: 'Created', value: shortTime(item.createdAt) },
    ],
  },
];

const lastFetch = ({ ok, lastError, lastAttemptAt }: KeyHealth): Omit<Row, 'label'> => {
  if (!ok) return { value: lastError ?? 'failed', tone: 'bad' };
  return lastAttemptAt === null ? { value: 'none was needed yet' } : { value: 'good', tone: 'good' };
};

/** `null` where both clocks agree, give or take what is not worth a line. */
const describeOffset = (seconds: number | null): string | null => {
  if (seconds === null || Math.abs(seconds) < 5) return null;
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} that of the server`;
};

const keyHealth = (item: KeyHealth): readonly Section[] => [
  {
    heading: 'Keys',
    rows: [
      { label: 'Last fetch', ...lastFetch(item) },
      { label: 'Source', value: item.jwksUri === null ? item.source : `${item.source}, ${item.jwksUri}` },
      { label: 'Fetched', value: shortTime(item.fetchedAt) },
      { label: 'Fresh until', value: shortTime(item.freshUntil) },
      { label: 'Usable until', value: shortTime(item.usableUntil) },
      {
        label: 'Keys',
        value: item.keys.map(({ kid, kty, alg, thumbprint }) => `${kid ?? thumbprint} ${alg ?? kty}`),
      },
      ...optional('Ignored', item.ignored),
      ...optional('Its clock', describeOffset(item.clockOffsetSeconds)),
    ],
  },
];

const issuers = (item: IssuerItem & { readonly keyHealth?: KeyHealth }): readonly Section[] => [
  {
    rows: [
      { label: 'ID', value: item.id },
      { label: 'Issuer', value: item.issuer },
      { label: 'Status', value: item.status, tone: toneOfStatus(item) },
      { label: 'Keys from', value: keySource(item) },
      { label: 'Algorithms', value: item.algorithms.join(' ') },
      { label: 'Replay', value: item.replay },
      { label: 'Stale if error', value: `${item.staleIfErrorSeconds} s` },
      ...(item.allowAccessTokenType ? [{ label: 'Access tokens', value: 'accepted' }] : []),
      ...(item.caCertificates === null ? [] : [{ label: 'CA', value: 'own certificates' }]),
      { label: 'Created', value: shortTime(item.createdAt) },
      { label: 'Changed', value: shortTime(item.updatedAt) },
    ],
  },
  ...(item.platform === null
    ? []
    : [
        {
          heading: `Platform ${item.platform.title}`,
          rows: [
            ...optional('Advice', item.platform.advice),
            ...optional(
              'Conditions',
              item.platform.recommendedConditions.map(({ claim, why }) => `${claim}: ${why}`),
            ),
          ],
        },
      ]),
  ...warningSections(item),
  ...(item.keyHealth === undefined ? [] : keyHealth(item.keyHealth)),
];

const providers = (item: ProviderItem): readonly Section[] => [
  {
    rows: [
      { label: 'ID', value: item.id },
      { label: 'Name', value: item.name },
      ...optional('Description', item.description),
      { label: 'Resource set', value: item.resourceSet },
      { label: 'Subject', value: item.subject.value },
      { label: 'Audience', value: item.audience },
      { label: 'Lifetime', value: `${item.lifetimeMinutes} min` },
      { label: 'Algorithm', value: item.algorithm },
      { label: 'Accounts', value: item.serviceAccounts },
      ...optional(
        'Claims',
        item.claims.map(
          ({ name, type, value }) => `${name} = ${type === 'literal' ? JSON.stringify(value) : value}`,
        ),
      ),
      { label: 'Created', value: shortTime(item.createdAt) },
      { label: 'Changed', value: shortTime(item.updatedAt) },
    ],
  },
];

const blocks = (item: BlockItem): readonly Section[] => [
  {
    rows: [
      { label: 'ID', value: item.id },
      { label: 'Kind', value: item.kind },
      { label: 'Target', value: item.name },
      ...Object.entries(item.target).map(([label, value]) => ({ label, value })),
      { label: 'Reason', value: item.reason },
      { label: 'By', value: `${item.createdBy.name} (${item.createdBy.id})` },
      { label: 'Since', value: shortTime(item.createdAt) },
    ],
  },
];

/** Every point of a trial, and then what would be in the JWT-SVID. */
const providerTrial = ({
  ok,
  checks,
  header,
  claims,
}: z.input<typeof verifiedCredentialProviderResource>): readonly Section[] => [
  { rows: [{ label: 'Result', value: ok ? 'good' : 'not good', tone: ok ? 'good' : 'bad' }] },
  ...checks.map(describeCheck),
  ...(header === null || claims === null
    ? []
    : [
        { heading: 'Header', rows: describeMembers(header) },
        { heading: 'Claims', rows: describeMembers(claims) },
      ]),
];

const describeMembers = (members: Readonly<Record<string, unknown>>): readonly Row[] =>
  Object.entries(members).map(([label, value]) => ({ label, value: JSON.stringify(value) ?? '' }));

const describeCheck = ({
  check,
  expected,
  presented,
  ok,
  hint,
}: ActivityItem['checks'][number]): Section => ({
  heading: `${ok ? 'ok  ' : 'FAIL'}  ${check}`,
  tone: ok ? 'good' : 'bad',
  rows: [
    { label: 'expected', value: expected },
    { label: 'presented', value: presented },
    ...optional('hint', hint ?? null),
  ],
});

const party = (value: ActivityItem['account']): string | null =>
  value === null ? null : `${value.name} (${value.id})`;

/** The receipt: first who and what, then every check that was made (contract §3). */
const activities = (item: ActivityItem): readonly Section[] => [
  {
    rows: [
      { label: 'Receipt', value: item.id },
      { label: 'Time', value: shortTime(item.time) },
      { label: 'Outcome', value: `${item.outcome}: ${item.reason}`, tone: toneOfOutcome(item) },
      { label: 'Type', value: item.type },
      ...optional('Door', item.door),
      ...optional('Account', party(item.account)),
      ...optional('Actor', party(item.actor)),
      ...optional('Issuer', item.issuer),
      ...optional('Subject', item.subject),
      ...optional('Audience', item.audience),
      ...optional('Token (jti)', item.jti),
      ...optional('Presented hash', item.tokenHash),
      ...optional('Address', item.sourceAddress),
      ...Object.entries(item.details ?? {}).map(([label, value]) => ({
        label,
        value: Array.isArray(value) ? value : String(value),
      })),
    ],
  },
  ...item.checks.map(describeCheck),
];

/** What is shown of one resource to people; every member is in `--json`. */
export const records = {
  accounts,
  keys,
  issuers,
  providers,
  blocks,
  activities,
  keyHealth,
  providerTrial,
} as const;
