import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { createFileTurns } from './file-turns.ts';
import { commitUnits } from './commit-units.ts';
import { faultOf } from './sqlite-fault.ts';
import { watchFile } from './watch-file.ts';
import type { Bindable } from './bindable.ts';
import type { StatementResult, WorkerOptions, WorkerReply, WorkerRequest } from './protocol.ts';

// The thread that owns one SQLite connection, so that no statement and no fsync ever blocks the event loop.

/** Shorter than the longest wait for a record to become durable (A67, B18). */
const busyTimeoutMilliseconds = 2000;
const maxPreparedStatements = 256;
const noRows: StatementResult = { rows: [], changes: 0 };

const open = ({ path, role, isShared = false }: WorkerOptions): DatabaseSync => {
  const database = new DatabaseSync(path, {
    readOnly: role === 'reader',
    // Among several writers SQLite's own waiting is neither short nor fair.
    timeout: isShared && role === 'writer' ? 0 : busyTimeoutMilliseconds,
    enableForeignKeyConstraints: true,
    defensive: true,
  });
  database.exec('pragma trusted_schema = off; pragma cell_size_check = on;');
  // 8 MiB, for the inner pages of what finds one account among a million; with them in memory a look-up reads three pages.
  if (role === 'reader') database.exec('pragma cache_size = -8192;');
  if (role === 'writer') {
    // FULL: with NORMAL the last commits may be lost when power fails (B09).
    database.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = 67108864;',
    );
    // 8 MiB, for a commit goes through all that is kept; the log is folded in every 16 MiB instead of every 4.
    database.exec('pragma cache_size = -8192; pragma wal_autocheckpoint = 4000;');
    const mode = database.prepare('pragma journal_mode').get()?.['journal_mode'];
    if (mode !== 'wal') {
      throw new Error(`the file system does not allow write-ahead logging (journal mode ${String(mode)})`);
    }
  }
  return database;
};

const createRunner = (database: DatabaseSync) => {
  const prepared = new Map<string, { readonly statement: StatementSync; readonly answersRows: boolean }>();

  const prepare = (sql: string) => {
    const known = prepared.get(sql);
    if (known !== undefined) {
      prepared.delete(sql);
      prepared.set(sql, known);
      return known;
    }
    const statement = database.prepare(sql);
    const entry = { statement, answersRows: statement.columns().length > 0 };
    prepared.set(sql, entry);
    const oldest = prepared.keys().next();
    if (prepared.size > maxPreparedStatements && oldest.done !== true) {
      prepared.delete(oldest.value);
    }
    return entry;
  };

  return (sql: string, parameters: readonly Bindable[]): StatementResult => {
    const { statement, answersRows } = prepare(sql);
    return answersRows
      ? { rows: statement.all(...parameters), changes: 0 }
      : { rows: [], changes: Number(statement.run(...parameters).changes) };
  };
};

const answerTo = (
  request: WorkerRequest,
  database: DatabaseSync,
  run: ReturnType<typeof createRunner>,
): StatementResult => {
  switch (request.ask) {
    case 'run':
      for (const sql of request.ahead) run(sql, []);
      return run(request.sql, request.parameters);
    case 'commit':
      return { rows: commitUnits(database, run, request.units), changes: 0 };
    case 'rollback':
      return database.isTransaction ? run('rollback', []) : noRows;
    case 'close':
      database.close();
      return noRows;
  }
};

const attempt = (work: () => StatementResult): WorkerReply => {
  try {
    return { ok: true, result: work() };
  } catch (error) {
    return { ok: false, ...faultOf(error) };
  }
};

const serve = (port: NonNullable<typeof parentPort>): void => {
  const opened: { database?: DatabaseSync } = {};
  const opening = attempt(() => {
    opened.database = open(workerData as WorkerOptions);
    return noRows;
  });
  const { database } = opened;
  port.postMessage(opening);
  if (database === undefined) {
    port.close();
    return;
  }
  const run = createRunner(database);
  const { path, role, isShared } = workerData as WorkerOptions;
  const inTurn =
    isShared === true && role === 'writer'
      ? createFileTurns(database, busyTimeoutMilliseconds)
      : (work: () => StatementResult): StatementResult => work();
  // What is written must be found again; what is read may be old, and whoever acts on it has to write.
  const checkFile = role === 'writer' ? watchFile(path) : () => undefined;
  port.on('message', (request: WorkerRequest) => {
    const work = (): StatementResult => {
      if (request.ask !== 'close') checkFile();
      return inTurn(() => answerTo(request, database, run));
    };
    port.postMessage(attempt(work));
    if (request.ask === 'close') {
      port.close();
    }
  });
};

if (parentPort !== null) {
  serve(parentPort);
}
