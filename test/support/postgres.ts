import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** An empty database of its own for one suite. */
export interface PostgresDatabase {
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

/** Runs one statement as superuser, outside the database under test. */
export const askPostgres = async (
  statement: string,
  parameters: readonly unknown[] = [],
  url = inject('postgresUrl'),
): Promise<readonly Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement, [...parameters]);
    return rows;
  } finally {
    await client.end();
  }
};

/** Creates an empty database on the server of this run. */
export const createPostgresDatabase = async (): Promise<PostgresDatabase> => {
  const name = `bureau_${randomUUID().replaceAll('-', '')}`;
  await askPostgres(`create database ${name}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    drop: async () => {
      await askPostgres(`drop database if exists ${name} with (force)`);
    },
  };
};
