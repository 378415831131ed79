import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type ChainEnd, linkLines } from '../../../core/activity/chain.ts';
import { activityColumns } from '../stores/activity-columns.ts';
import { settleUses } from '../settle-uses.ts';
import type { CommitAnswer, CommitOutcome, CommitUnit, FlatUses, LinesOfTenant } from './commit-protocol.ts';
import type { Bindable } from './bindable.ts';
import type { StatementResult } from './protocol.ts';
import { faultOf } from './sqlite-fault.ts';

const readHead = 'select number, hash from activity_chains where tenant = ? and writer = ?';
const moveHead = 'update activity_chains set number = ?, hash = ? where tenant = ? and writer = ?';
const insertLine = `insert into activities (${activityColumns.map((column) => `"${column}"`).join(', ')})
  values (${activityColumns.map(() => '?').join(', ')})`;
const insertUse = 'insert into used_jtis (fingerprint, until) values (?, ?) on conflict do nothing';
const deleteUse = 'delete from used_jtis where fingerprint = ?';

/** Primary result code of SQLite for a row that is there already. */
const constraint = 19;

const hashText = (text: string): string => hash('sha256', text, 'base64url');

/** Runs one statement. */
type Run = (sql: string, parameters: readonly Bindable[]) => StatementResult;

/** Says that nothing of a unit was written; what it wrote so far is taken back. */
class NotWritten extends Error {
  override readonly name = 'NotWritten';
}

/** Inserts uses that are not there yet; the fingerprints of those. */
const insertUses = (run: Run, uses: FlatUses): readonly string[] => {
  const fresh: string[] = [];
  for (let index = 0; index < uses.length; index += 2) {
    const fingerprint = String(uses[index]);
    if (run(insertUse, [fingerprint, uses[index + 1] ?? null]).changes === 1) fresh.push(fingerprint);
  }
  return fresh;
};

const fingerprintsIn = (uses: FlatUses): readonly string[] =>
  uses.flatMap((part, index) => (index % 2 === 0 ? [String(part)] : []));

const noneSpent: ReadonlyMap<number, number> = new Map();

/** Notes what lines use up, of those that are to be written; the others, by their place, with that of the use that is spent. */
const noteUsesOf = (run: Run, lines: LinesOfTenant['uses']): ReadonlyMap<number, number> => {
  if (lines.length === 0) return noneSpent;
  const fresh = new Set(lines.flatMap(({ uses }) => insertUses(run, uses)));
  const spent = settleUses(
    lines,
    ({ uses }) => fingerprintsIn(uses),
    (fingerprint) => fresh.has(fingerprint),
  );
  if (spent.size === 0) return noneSpent;
  for (const line of lines)
    if (!spent.has(line)) for (const fingerprint of fingerprintsIn(line.uses)) fresh.delete(fingerprint);
  // What is left is of lines that another use keeps out.
  for (const fingerprint of fresh) run(deleteUse, [fingerprint]);
  return new Map([...spent].map(([{ line }, use]) => [line, use]));
};

const writeTenant = (
  run: Run,
  writer: string,
  { tenant, lines, uses }: LinesOfTenant,
): ReadonlyMap<number, number> => {
  const [head] = run(readHead, [tenant, writer]).rows as readonly ChainEnd[];
  if (head === undefined) throw new NotWritten();
  const spent = noteUsesOf(run, uses);
  const kept = spent.size === 0 ? lines : lines.filter((_, place) => !spent.has(place));
  const texts = kept.map((line) => ({ before: String(line.at(-2)), after: String(line.at(-1)) }));
  let end = head;
  for (const [index, { number, previous, hash: ofLine }] of linkLines(
    texts,
    writer,
    head,
    hashText,
  ).entries()) {
    const values = kept[index]?.slice(0, -2) ?? [];
    run(insertLine, [...values, writer, number, previous, ofLine]);
    end = { number, hash: ofLine };
  }
  if (end !== head) run(moveHead, [end.number, end.hash, tenant, writer]);
  return spent;
};

const writeUnit = (run: Run, unit: CommitUnit): CommitAnswer => {
  if (unit.write === 'uses') return { written: 'uses', fresh: insertUses(run, unit.uses) };
  const spent = unit.tenants.flatMap((ofTenant, tenant) =>
    [...writeTenant(run, unit.writer, ofTenant)].map(([line, use]) => ({ tenant, line, use })),
  );
  return { written: 'lines', spent };
};

/** Whether a unit was not written because it could not be written like this, and not because something failed. */
const isRefused = (unit: CommitUnit, error: unknown): boolean =>
  error instanceof NotWritten ||
  (unit.write === 'lines' && ((faultOf(error).resultCode ?? 0) & 0xff) === constraint);

type Database = Pick<DatabaseSync, 'isTransaction'>;

const inTransaction = <T>(database: Database, run: Run, work: () => T): T => {
  run('begin immediate', []);
  try {
    const result = work();
    run('commit', []);
    return result;
  } catch (error) {
    if (database.isTransaction) run('rollback', []);
    throw error;
  }
};

/** Writes a unit, or nothing of it and whatever else the transaction holds. */
const writeBehindSavepoint = (database: Database, run: Run, unit: CommitUnit): CommitOutcome => {
  run('savepoint one_unit', []);
  try {
    const answer = writeUnit(run, unit);
    run('release one_unit', []);
    return { ok: true, answer };
  } catch (error) {
    // SQLite ended the transaction, for a full disk for example: then there is nothing to keep.
    if (!database.isTransaction) throw error;
    run('rollback to one_unit', []);
    run('release one_unit', []);
    return isRefused(unit, error) ? { ok: true, answer: null } : { ok: false, ...faultOf(error) };
  }
};

/** Carries out of a transaction that a unit could not be written. */
class UnitFailed extends Error {
  override readonly name = 'UnitFailed';
}

/**
 * Writes units in one transaction, each of them whole or not at all, so that what has nothing to do with each other shares
 * an fsync. They are first written as if nothing could happen, for a savepoint copies every page that is written to.
 *
 * The heads of the chains are read in the transaction that moves them: nobody else's move is overlooked.
 *
 * @throws whatever befalls all of them, for example that another process is writing: then nothing was written
 */
export const commitUnits = (
  database: Database,
  run: Run,
  units: readonly CommitUnit[],
): readonly CommitOutcome[] => {
  try {
    return inTransaction(database, run, () =>
      units.map((unit) => {
        try {
          return { ok: true, answer: writeUnit(run, unit) };
        } catch (error) {
          throw new UnitFailed('', { cause: error });
        }
      }),
    );
  } catch (error) {
    if (!(error instanceof UnitFailed)) throw error;
    return inTransaction(database, run, () => units.map((unit) => writeBehindSavepoint(database, run, unit)));
  }
};
