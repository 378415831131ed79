import { createHash } from 'node:crypto';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Party } from '../../../core/activity/activity.ts';
import { type Block, type BlockTarget, targetIdentity } from '../../../core/blocks/block.ts';
import type { BlockStore } from '../../../ports/stores.ts';
import { readCursor, toPage } from '../cursor.ts';
import type { Database } from '../schema.ts';
import { containsPattern, mayBeStored, toSearchText } from '../text.ts';
import { requireInserted } from '../unique.ts';

/** No stored text is as long, and SQLite refuses very long patterns. */
const maxSearchLength = 4096;

const fingerprintOf = (target: BlockTarget): string =>
  createHash('sha256').update(targetIdentity(target)).digest('base64url');

const toBlock = (row: Selectable<Database['blocks']>): Block => ({
  tenant: row.tenant,
  id: row.id,
  target: JSON.parse(row.target) as BlockTarget,
  name: row.name,
  reason: row.reason,
  createdBy: JSON.parse(row.created_by) as Party,
  createdAt: row.created_at,
  version: row.version,
});

const toRow = (block: Block) => {
  const { kind, ...parts } = block.target;
  return {
    tenant: block.tenant,
    id: block.id,
    kind,
    fingerprint: fingerprintOf(block.target),
    target: JSON.stringify(block.target),
    name: block.name,
    reason: block.reason,
    search: toSearchText(...Object.values(parts), block.name, block.reason),
    created_by: JSON.stringify(block.createdBy),
    created_at: block.createdAt,
    version: block.version,
  };
};

/** {@link BlockStore} on either engine. */
export const createBlockStore = (db: Kysely<Database>): BlockStore => {
  const findBy = async (
    column: 'id' | 'fingerprint',
    tenant: string,
    value: string,
  ): Promise<Block | null> => {
    if (!mayBeStored(tenant, value)) {
      return null;
    }
    const row = await db
      .selectFrom('blocks')
      .selectAll()
      .where('tenant', '=', tenant)
      .where(column, '=', value)
      .executeTakeFirst();
    return row === undefined ? null : toBlock(row);
  };

  return {
    find: (tenant, id) => findBy('id', tenant, id),
    findByTarget: (tenant, target) => findBy('fingerprint', tenant, fingerprintOf(target)),
    list: async (tenant, { kind, q }, { limit, cursor }) => {
      const after = readCursor('blocks', cursor, 0);
      if (!mayBeStored(tenant, q) || (q !== undefined && q.length > maxSearchLength)) {
        return { items: [], nextCursor: null };
      }
      const rows = await db
        .selectFrom('blocks')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('seq', '>', after)
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? 'account'))
        .$if(q !== undefined, (query) =>
          query.where(sql<boolean>`search like ${containsPattern(q ?? '')} escape '\\'`),
        )
        .orderBy('seq')
        .limit(limit + 1)
        .execute();
      return toPage('blocks', rows, limit, toBlock);
    },
    allOf: async (tenant) => {
      if (!mayBeStored(tenant)) {
        return [];
      }
      const rows = await db
        .selectFrom('blocks')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('seq')
        .execute();
      return rows.map(toBlock);
    },
    insert: async (block) => {
      requireInserted(
        'block',
        await db
          .insertInto('blocks')
          .values(toRow(block))
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    },
    remove: async (tenant, id, version) => {
      if (!mayBeStored(tenant, id)) {
        return false;
      }
      const { numDeletedRows } = await db
        .deleteFrom('blocks')
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('version', '=', version)
        .executeTakeFirstOrThrow();
      return numDeletedRows === 1n;
    },
  };
};
