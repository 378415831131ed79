import { createHash } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import {
  type AttemptIdentity,
  type InboxEntry,
  maxInboxEntries,
  type RefusedAttempts,
} from '../../../core/inbox/inbox-entry.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { InboxStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { mayBeStored, sanitizeText } from '../text.ts';
import { atomically } from '../unique.ts';

/** Rows of one statement: 14 columns each stay far below the parameters either engine takes. */
const rowsPerStatement = 500;

const columns = [
  'tenant',
  'id',
  'issuer',
  'subject',
  'audience',
  'verified',
  'count',
  'first_seen_at',
  'last_seen_at',
  'reason',
  'door',
  'receipt',
] as const;

const toEntry = (row: Pick<Selectable<Database['inbox_entries']>, (typeof columns)[number]>): InboxEntry => ({
  tenant: row.tenant,
  id: row.id,
  issuer: row.issuer,
  subject: row.subject,
  audience: row.audience,
  verified: row.verified === 1,
  count: row.count,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  reason: row.reason,
  door: row.door,
  receipt: row.receipt,
});

const fingerprintOf = ({ issuer, subject, audience, verified }: AttemptIdentity): string =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject, audience, verified]))
    .digest('base64url');

const toRow = (given: RefusedAttempts) => {
  const attempts = {
    ...given,
    issuer: sanitizeText(given.issuer),
    subject: sanitizeText(given.subject),
    audience: sanitizeText(given.audience),
  };
  return {
    tenant: attempts.tenant,
    id: attempts.id,
    fingerprint: fingerprintOf(attempts),
    issuer: attempts.issuer,
    subject: attempts.subject,
    audience: attempts.audience,
    verified: attempts.verified ? (1 as const) : (0 as const),
    count: attempts.count,
    first_seen_at: attempts.firstSeenAt,
    last_seen_at: attempts.lastSeenAt,
    reason: attempts.reason,
    door: attempts.door,
    receipt: attempts.receipt,
    claims: attempts.claims === null ? null : JSON.stringify(attempts.claims),
  };
};

/** {@link InboxStore} on either engine. */
export const createInboxStore = (db: Kysely<Database>): InboxStore => {
  const addRows = async (
    change: Kysely<Database>,
    rows: readonly ReturnType<typeof toRow>[],
  ): Promise<void> => {
    await change
      .insertInto('inbox_entries')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['tenant', 'fingerprint']).doUpdateSet((entry) => ({
          count: entry('inbox_entries.count', '+', entry.ref('excluded.count')),
          last_seen_at: entry
            .case()
            .when('inbox_entries.last_seen_at', '>', entry.ref('excluded.last_seen_at'))
            .then(entry.ref('inbox_entries.last_seen_at'))
            .else(entry.ref('excluded.last_seen_at'))
            .end(),
          reason: entry.ref('excluded.reason'),
          door: entry.ref('excluded.door'),
          receipt: entry.ref('excluded.receipt'),
          claims: entry.fn.coalesce('excluded.claims', 'inbox_entries.claims'),
        })),
      )
      .execute();
  };

  const trim = async (change: Kysely<Database>, tenant: string, verified: 0 | 1): Promise<void> => {
    await change
      .deleteFrom('inbox_entries')
      .where('seq', 'in', (query) =>
        query
          .selectFrom('inbox_entries')
          .select('seq')
          .where('tenant', '=', tenant)
          .where('verified', '=', verified)
          .orderBy('last_seen_at', 'desc')
          .orderBy('seq', 'desc')
          // SQLite has no offset without a limit.
          .limit(Number.MAX_SAFE_INTEGER)
          .offset(maxInboxEntries),
      )
      .execute();
  };

  return {
    find: async (tenant, id) => {
      if (!mayBeStored(tenant, id)) return null;
      const row = await db
        .selectFrom('inbox_entries')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      return { ...toEntry(row), claims: row.claims === null ? null : (JSON.parse(row.claims) as JsonObject) };
    },
    list: async (tenant) => {
      if (!mayBeStored(tenant)) return [];
      const rows = await db
        .selectFrom('inbox_entries')
        .select(columns)
        .where('tenant', '=', tenant)
        .orderBy('last_seen_at', 'desc')
        .orderBy('seq', 'desc')
        .execute();
      return rows.map(toEntry);
    },
    add: async (attempts) => {
      if (attempts.length === 0) return;
      // In one order on every node: two that write the same entries wait for each other and never in a circle.
      const rows = attempts
        .map(toRow)
        .toSorted((one, other) => compareCodeUnits(identityOf(one), identityOf(other)));
      // One statement must not meet a row twice.
      const distinct = [...new Map(rows.map((row) => [identityOf(row), row])).values()];
      await atomically(db, async (change) => {
        for (let start = 0; start < distinct.length; start += rowsPerStatement)
          await addRows(change, distinct.slice(start, start + rowsPerStatement));
      });
      for (const [tenant, ofTenant] of Map.groupBy(distinct, (row) => row.tenant))
        for (const verified of new Set(ofTenant.map((row) => row.verified))) await trim(db, tenant, verified);
    },
    remove: async (tenant, id) => {
      if (!mayBeStored(tenant, id)) return false;
      const { numDeletedRows } = await db
        .deleteFrom('inbox_entries')
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 1n;
    },
  };
};

const identityOf = ({ tenant, fingerprint }: ReturnType<typeof toRow>): string => `${tenant}\n${fingerprint}`;

const compareCodeUnits = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
