import type { Kysely } from 'kysely';
import type { RevokedTokenStore } from '../../../ports/stores.ts';
import type { Database } from '../schema.ts';
import { mayBeStored } from '../text.ts';

/** {@link RevokedTokenStore} on either engine. */
export const createRevokedTokenStore = (db: Kysely<Database>): RevokedTokenStore => ({
  revoke: async (tenant, jti, until) => {
    await db
      .insertInto('revoked_tokens')
      .values({ tenant, jti, until })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  },
  isRevoked: async (tenant, jti) => {
    if (!mayBeStored(tenant, jti)) return false;
    const row = await db
      .selectFrom('revoked_tokens')
      .select('jti')
      .where('tenant', '=', tenant)
      .where('jti', '=', jti)
      .executeTakeFirst();
    return row !== undefined;
  },
  forgetBefore: async (time, limit) => {
    const due = await db
      .selectFrom('revoked_tokens')
      .select(['tenant', 'jti'])
      .where('until', '<', time)
      .orderBy('until')
      .limit(limit)
      .execute();
    for (const { tenant, jti } of due)
      await db.deleteFrom('revoked_tokens').where('tenant', '=', tenant).where('jti', '=', jti).execute();
    return due.length;
  },
});
