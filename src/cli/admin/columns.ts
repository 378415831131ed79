import type * as z from 'zod';
import type { accountKeyResource } from '../../admin-api/account-keys.ts';
import type { activityResource } from '../../admin-api/activities.ts';
import type { blockResource } from '../../admin-api/blocks.ts';
import type { credentialProviderResource } from '../../admin-api/credential-providers.ts';
import type { inboxEntryResource } from '../../admin-api/inbox.ts';
import type { serviceAccountResource } from '../../admin-api/service-accounts.ts';
import type { trustedIssuerResource } from '../../admin-api/trusted-issuers.ts';
import type { Column } from './render-table.ts';
import type { Tone } from './style.ts';

/** A service account as the API gives it. */
export type AccountItem = z.input<typeof serviceAccountResource>;
/** A key of an account as the API gives it. */
export type KeyItem = z.input<typeof accountKeyResource>;
/** A trusted issuer as the API gives it. */
export type IssuerItem = z.input<typeof trustedIssuerResource>;
/** An entry of the inbox as the API gives it in a list. */
export type InboxItem = z.input<typeof inboxEntryResource>;
/** A credential provider as the API gives it. */
export type ProviderItem = z.input<typeof credentialProviderResource>;
/** A block as the API gives it. */
export type BlockItem = z.input<typeof blockResource>;
/** An activity as the API gives it. */
export type ActivityItem = z.input<typeof activityResource>;

/** Whether it may be used, as a look. */
export const toneOfStatus = ({ status }: { readonly status: string }): Tone =>
  status === 'enabled' ? 'good' : 'faint';

/** What became of it, as a look. */
export const toneOfOutcome = ({ outcome }: { readonly outcome: string }): Tone =>
  outcome === 'refused' ? 'bad' : outcome === 'issued' ? 'good' : 'plain';

/** Where the keys of an issuer come from; a server from before trust domains says nothing of bundles. */
export const keySource = ({
  jwks,
  jwksUri,
  bundleEndpointUrl,
}: Pick<IssuerItem, 'jwks' | 'jwksUri'> & Partial<Pick<IssuerItem, 'bundleEndpointUrl'>>): string =>
  jwks === null ? (bundleEndpointUrl ?? jwksUri ?? 'discovery') : 'pinned';

/** To the second, in UTC: `2027-01-31 12:00:00Z`. */
export const shortTime = (time: string | null): string =>
  time === null ? '-' : time.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

const accounts: readonly Column<AccountItem>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'NAME', value: ({ name }) => name, shrinksTo: 16 },
  { title: 'STATUS', value: ({ status }) => status, tone: toneOfStatus },
  { title: 'ROLE', value: ({ role }) => role ?? '-' },
  { title: 'TEAM', value: ({ owningTeam }) => owningTeam, shrinksTo: 8 },
  { title: 'USE CASE', value: ({ useCase }) => useCase, shrinksTo: 8, optional: true },
  { title: 'FEDERATIONS', value: ({ federations }) => String(federations.length), optional: true },
];

const keys: readonly Column<KeyItem>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATUS', value: ({ status }) => status, tone: toneOfStatus },
  { title: 'ALGORITHM', value: ({ algorithm }) => algorithm },
  { title: 'KID', value: ({ kid }) => kid, shrinksTo: 12 },
  { title: 'EXPIRES', value: ({ expiresAt }) => shortTime(expiresAt) },
  { title: 'LAST USED', value: ({ lastUsedAt }) => shortTime(lastUsedAt), optional: true },
  { title: 'CREATED', value: ({ createdAt }) => shortTime(createdAt), optional: true },
];

const issuers: readonly Column<IssuerItem>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'ISSUER', value: ({ issuer }) => issuer, shrinksTo: 24 },
  { title: 'STATUS', value: ({ status }) => status, tone: toneOfStatus },
  { title: 'PLATFORM', value: ({ platform }) => platform?.name ?? '-', shrinksTo: 8 },
  {
    title: 'KEYS FROM',
    value: keySource,
    shrinksTo: 12,
    optional: true,
  },
];

const providers: readonly Column<ProviderItem>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'NAME', value: ({ name }) => name, shrinksTo: 16 },
  { title: 'SUBJECT', value: ({ subject }) => subject.value, shrinksTo: 24 },
  { title: 'AUDIENCE', value: ({ audience }) => audience, shrinksTo: 16 },
  { title: 'LIFETIME', value: ({ lifetimeMinutes }) => `${lifetimeMinutes} min`, optional: true },
  { title: 'ALGORITHM', value: ({ algorithm }) => algorithm, optional: true },
  { title: 'ACCOUNTS', value: ({ serviceAccounts }) => String(serviceAccounts.length), optional: true },
];

const blocks: readonly Column<BlockItem>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'TARGET', value: ({ name }) => name, shrinksTo: 24 },
  { title: 'REASON', value: ({ reason }) => reason, shrinksTo: 12 },
  { title: 'BY', value: ({ createdBy }) => createdBy.name, shrinksTo: 8, optional: true },
  { title: 'SINCE', value: ({ createdAt }) => shortTime(createdAt), optional: true },
];

const activities: readonly Column<ActivityItem>[] = [
  { title: 'TIME', value: ({ time }) => shortTime(time) },
  { title: 'RECEIPT', value: ({ id }) => id },
  { title: 'OUTCOME', value: ({ outcome }) => outcome, tone: toneOfOutcome },
  { title: 'REASON', value: ({ reason }) => reason, shrinksTo: 10 },
  { title: 'TYPE', value: ({ type }) => type, shrinksTo: 8 },
  { title: 'ACCOUNT', value: ({ account }) => account?.name ?? '-', shrinksTo: 8 },
  { title: 'ACTOR', value: ({ actor }) => actor?.name ?? '-', shrinksTo: 8, optional: true },
  { title: 'SUBJECT', value: ({ subject }) => subject ?? '-', shrinksTo: 12, optional: true },
];

const inbox: readonly Column<InboxItem>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'LAST SEEN', value: ({ lastSeen }) => shortTime(lastSeen) },
  { title: 'COUNT', value: ({ count }) => String(count) },
  { title: 'SUBJECT', value: ({ subject }) => subject, shrinksTo: 20 },
  { title: 'ISSUER', value: ({ issuer }) => issuer, shrinksTo: 16 },
  { title: 'REASON', value: ({ lastReason }) => lastReason, shrinksTo: 10 },
  { title: 'VERIFIED', value: ({ verified }) => (verified ? 'yes' : 'no'), optional: true },
  { title: 'AUDIENCE', value: ({ audience }) => audience, shrinksTo: 12, optional: true },
];

/** What a list shows to people; every member is in `--json`. */
export const columns = { accounts, keys, issuers, providers, blocks, inbox, activities } as const;
