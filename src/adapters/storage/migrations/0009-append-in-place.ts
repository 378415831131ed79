import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../engine.ts';

/** Tables with more lines keep the index that came with them: to write them anew would hold up the start. */
const maxRewritten = 100_000;

const columns =
  'seq, tenant, id, time, type, outcome, reason, account_id, issuer, subject, jti, body, writer, previous, hash, number';

/**
 * What is written for each line or single use on SQLite is written where the last one was. Ids are random, so an index in
 * their order changes a page of its own for each of them, and the log takes that page as a whole: the longer the trail, the
 * more. So ids and jtis are indexed by blocks of 4096 lines, in which few pages change again and again, and who looks for
 * one looks into each block. That a line is there once is held by its time and its id.
 *
 * PostgreSQL logs what changed in a page and not the page, and stays as it was.
 */
export const appendInPlace = async (db: Kysely<never>, engine: EngineName): Promise<void> => {
  if (engine !== 'sqlite') return;
  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await sql.raw(statement).execute(db);
  };
  const { rows } = await sql`select 1 from activities limit 1 offset ${maxRewritten}`.execute(db);
  if (rows.length === 0) await rewriteActivities(run);
  else await run('drop index activities_time', 'drop index activities_jti');
  await run(
    'create unique index activities_once on activities (tenant, time, id)',
    'create index activities_ids on activities ((seq >> 12), substr(id, 1, 4))',
    'create index activities_jtis on activities ((seq >> 12), substr(jti, 1, 4)) where jti is not null',

    'drop index used_jtis_until',
    'alter table used_jtis rename to used_jtis_before',
    'create table used_jtis (fingerprint text not null primary key, until integer not null) strict, without rowid',
    'insert into used_jtis (fingerprint, until) select fingerprint, until from used_jtis_before',
    'drop table used_jtis_before',
    'create index used_jtis_until on used_jtis (until)',
  );
};

/** The same table without the constraint that ids are different, which SQLite cannot drop. */
const rewriteActivities = (run: (...statements: readonly string[]) => Promise<void>): Promise<void> =>
  run(
    `create table activities_rewritten (
       seq integer primary key autoincrement, tenant text not null, id text not null, time integer not null,
       type text not null, outcome text not null, reason text not null, account_id text, issuer text, subject text,
       jti text, body text not null, writer text, previous text, hash text, number integer
     ) strict`,
    `insert into activities_rewritten (${columns}) select ${columns} from activities order by seq`,
    // Numbers of lines that retention dropped are not given again.
    `delete from sqlite_sequence where name = 'activities_rewritten'`,
    `insert into sqlite_sequence (name, seq)
       select 'activities_rewritten', seq from sqlite_sequence where name = 'activities'`,
    'drop table activities',
    'alter table activities_rewritten rename to activities',
    'create index activities_seq on activities (tenant, seq)',
    'create index activities_account on activities (tenant, account_id, seq) where account_id is not null',
    `create index activities_outcome on activities (tenant, outcome, seq) where outcome <> 'issued'`,
    `create index activities_reason on activities (tenant, reason, seq) where reason <> 'issued'`,
    `create index activities_type on activities (tenant, type, seq) where type <> 'token'`,
  );
