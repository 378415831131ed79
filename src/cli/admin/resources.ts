import type { AdminOperationName } from '../../admin-api/operations.ts';
import {
  type AccountItem,
  type ActivityItem,
  type BlockItem,
  columns,
  type InboxItem,
  type IssuerItem,
  type KeyItem,
  type ProviderItem,
} from './columns.ts';
import { records } from './records.ts';
import { inboxRecord } from './registration-records.ts';
import type { Section } from './render-record.ts';
import type { Column } from './render-table.ts';
import { notUnderstood } from './understood.ts';

/** One resource of the admin API as the command line knows it. */
export interface Resource<Item> {
  /** One of them in words, for sentences. */
  readonly noun: string;
  /** All of them in words, for the help. */
  readonly nouns: string;
  /** How its arguments are called in usage lines, those of the resource it stands below first. */
  readonly labels: readonly string[];
  /** The parameter of its paths. */
  readonly parameter: 'id' | 'keyId';
  /** In characters; a longer one is no id, and the server refuses it. */
  readonly longestId: number;
  /** The resource it stands below, whose id its paths begin with. */
  readonly within?: Resource<AccountItem>;
  readonly list: AdminOperationName;
  readonly get: AdminOperationName;
  readonly create?: AdminOperationName;
  readonly patch?: AdminOperationName;
  readonly remove?: AdminOperationName;
  /** Whether a change of it may take away an administrator, so that `--force` means something. */
  readonly forcible: boolean;
  /** @throws CommandFailed refused where the server gave it none */
  readonly idOf: (item: Item) => string;
  /** What people may say in place of its id, and how a list is narrowed to it; `null` where the server takes both. */
  readonly names: {
    readonly of: (item: Item) => string;
    readonly query: (name: string) => Readonly<Record<string, string>>;
  } | null;
  readonly columns: readonly Column<Item>[];
  readonly record: (item: Item) => readonly Section[];
}

/** The longest text a list can be searched by, in code points that take two units each. */
const searchable = 60;

/** Checked, because what is done next is done to it. */
const readId = ({ id }: { readonly id: unknown }): string => {
  if (typeof id !== 'string' || id === '') throw notUnderstood();
  return id;
};

const accounts: Resource<AccountItem> = {
  noun: 'service account',
  nouns: 'service accounts',
  labels: ['account'],
  parameter: 'id',
  longestId: 128,
  list: 'listServiceAccounts',
  get: 'getServiceAccount',
  create: 'createServiceAccount',
  patch: 'patchServiceAccount',
  remove: 'deleteServiceAccount',
  forcible: true,
  idOf: readId,
  names: { of: ({ name }) => name, query: (name) => ({ q: Array.from(name).slice(0, searchable).join('') }) },
  columns: columns.accounts,
  record: records.accounts,
};

const keys: Resource<KeyItem> = {
  noun: 'key',
  nouns: 'the keys of a service account',
  labels: ['account', 'key'],
  parameter: 'keyId',
  // A key may be named by its kid.
  longestId: 256,
  within: accounts,
  list: 'listAccountKeys',
  get: 'getAccountKey',
  create: 'createAccountKey',
  patch: 'patchAccountKey',
  remove: 'deleteAccountKey',
  forcible: true,
  idOf: readId,
  names: null,
  columns: columns.keys,
  record: records.keys,
};

const issuers: Resource<IssuerItem> = {
  noun: 'trusted issuer',
  nouns: 'trusted issuers',
  labels: ['issuer'],
  parameter: 'id',
  longestId: 128,
  list: 'listTrustedIssuers',
  get: 'getTrustedIssuer',
  create: 'createTrustedIssuer',
  patch: 'patchTrustedIssuer',
  remove: 'deleteTrustedIssuer',
  forcible: false,
  idOf: readId,
  names: { of: ({ issuer }) => issuer, query: () => ({}) },
  columns: columns.issuers,
  record: records.issuers,
};

/** Without `patch` here: it has no status that could be enabled or disabled. */
const providers: Resource<ProviderItem> = {
  noun: 'credential provider',
  nouns: 'credential providers',
  labels: ['provider'],
  parameter: 'id',
  longestId: 128,
  list: 'listCredentialProviders',
  get: 'getCredentialProvider',
  remove: 'deleteCredentialProvider',
  forcible: false,
  idOf: readId,
  names: { of: ({ name }) => name, query: () => ({}) },
  columns: columns.providers,
  record: records.providers,
};

/** Without `remove` here: a block is removed with a reason. */
const blocks: Resource<BlockItem> = {
  noun: 'block',
  nouns: 'what is blocked',
  labels: ['block'],
  parameter: 'id',
  longestId: 128,
  list: 'listBlocks',
  get: 'getBlock',
  forcible: false,
  idOf: readId,
  names: { of: ({ name }) => name, query: (name) => ({ q: Array.from(name).slice(0, searchable).join('') }) },
  columns: columns.blocks,
  record: records.blocks,
};

const activities: Resource<ActivityItem> = {
  noun: 'activity',
  nouns: 'activities, the newest first',
  labels: ['receipt'],
  parameter: 'id',
  longestId: 128,
  list: 'listActivities',
  get: 'getActivity',
  forcible: false,
  idOf: readId,
  names: null,
  columns: columns.activities,
  record: records.activities,
};

const inbox: Resource<InboxItem> = {
  noun: 'inbox entry',
  nouns: 'refused attempts that matched no account, the last seen first',
  labels: ['entry'],
  parameter: 'id',
  longestId: 128,
  list: 'listInbox',
  get: 'getInboxEntry',
  remove: 'deleteInboxEntry',
  forcible: false,
  idOf: readId,
  names: null,
  columns: columns.inbox,
  record: inboxRecord,
};

/** Every resource that has commands. */
export const resources = { accounts, keys, issuers, providers, blocks, inbox, activities } as const;
