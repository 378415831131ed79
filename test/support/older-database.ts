import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { migrations } from '../../src/adapters/storage/migrations/migrate.ts';

/** A database behind the server's back, as the tool of an operator or a node of the release before sees it. */
export const openKysely = (url: string): Kysely<never> => {
  if (!url.startsWith('sqlite:'))
    return new Kysely<never>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }),
    });
  const database = new DatabaseSync(url.slice('sqlite:'.length));
  return new Kysely<never>({
    dialect: new SqliteDialect({
      database: {
        close: () => database.close(),
        prepare: (text) => {
          const statement = database.prepare(text);
          const rows = (parameters: readonly unknown[]) => statement.all(...(parameters as never[]));
          return {
            reader: statement.columns().length > 0,
            all: rows,
            run: (parameters) => statement.run(...(parameters as never[])),
            iterate: (parameters) => rows(parameters)[Symbol.iterator](),
          };
        },
      },
    }),
  });
};

/** Makes an empty database what the release had made of it whose last migration this is. */
export const migrateAsFarAs = async (
  db: Kysely<never>,
  engine: 'SQLite' | 'PostgreSQL',
  last: string,
): Promise<void> => {
  const names = Object.keys(migrations);
  const wanted = Object.entries(migrations)
    .slice(0, names.indexOf(last) + 1)
    .map(([name, up]): [string, Migration] => [
      name,
      { up: (change: Kysely<never>) => up(change, engine === 'SQLite' ? 'sqlite' : 'postgres') },
    ]);
  if (wanted.length === 0) throw new Error(`there is no migration ${last}`);
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries(wanted)) },
  }).migrateToLatest();
  if (error !== undefined) throw error as Error;
};
