import type * as z from 'zod';
import type { inboxDetailResource } from '../../admin-api/inbox.ts';
import type { proposalResource } from '../../admin-api/propose.ts';
import type { InboxItem } from './columns.ts';
import { shortTime } from './columns.ts';
import type { Row, Section } from './render-record.ts';

/** A proposal as the API gives it. */
export type ProposalItem = z.input<typeof proposalResource>;

type Warnings = ProposalItem['warnings'];

/** What lint found, as a section of its own; a server from before lint says nothing. */
export const warningSections = ({ warnings = [] }: { readonly warnings?: Warnings }): readonly Section[] =>
  warnings.length === 0
    ? []
    : [
        {
          heading: 'Warnings',
          tone: 'bad',
          rows: warnings.map(({ code, path, message }) => ({
            label: code,
            value: path === '' ? message : `${path}: ${message}`,
          })),
        },
      ];

const list = (heading: string, texts: readonly string[]): readonly Section[] =>
  texts.length === 0 ? [] : [{ heading, rows: texts.map((value) => ({ label: '-', value })) }];

/** Everything about a proposal but the registration itself, for the eyes of whoever makes it. */
export const proposalSections = (item: ProposalItem): readonly Section[] => {
  const { trustedIssuer, verified, verification, preset, matching } = item;
  const keys = trustedIssuer.jwksUri ?? 'not known';
  return [
    {
      rows: [
        ...(preset === null ? [] : [{ label: 'Platform', value: preset.title }]),
        {
          label: 'Keys',
          value: trustedIssuer.how === null ? keys : `${keys} (${trustedIssuer.how})`,
        },
        {
          label: 'Verified',
          value: `${verified ? 'yes' : 'no'}: ${verification}`,
          tone: verified ? 'good' : 'plain',
        },
        ...(matching.length === 0
          ? []
          : [
              {
                label: 'Accounts',
                value: matching.map(
                  ({ id, name, accepts }) =>
                    `${name} (${id}) ${accepts ? 'takes this token already' : 'covers this subject already'}`,
                ),
              },
            ]),
      ],
    },
    ...warningSections(item),
    ...list('Notes', item.notes),
    ...list('Advice', item.advice),
  ];
};

/** Refused attempts, with a sample of their claims where it was asked for. */
export const inboxRecord = (
  item: InboxItem & Partial<Pick<z.input<typeof inboxDetailResource>, 'claims'>>,
): readonly Section[] => [
  {
    rows: [
      { label: 'ID', value: item.id },
      { label: 'Issuer', value: item.issuer },
      { label: 'Subject', value: item.subject },
      { label: 'Audience', value: item.audience },
      {
        label: 'Signature',
        value: item.verified ? 'verified' : 'not verified: anybody may have made this up',
        tone: item.verified ? 'good' : 'plain',
      },
      { label: 'Attempts', value: String(item.count) },
      { label: 'First seen', value: shortTime(item.firstSeen) },
      { label: 'Last seen', value: shortTime(item.lastSeen) },
      { label: 'Last reason', value: item.lastReason },
      { label: 'Last receipt', value: item.lastReceipt },
      { label: 'Door', value: item.door },
    ],
  },
  ...(item.claims === undefined || item.claims === null
    ? []
    : [{ heading: 'Claims', rows: Object.entries(item.claims).map(describeClaim) }]),
];

const describeClaim = ([label, value]: [string, unknown]): Row => ({
  label,
  value: JSON.stringify(value) ?? '',
});
