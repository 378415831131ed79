import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL on the server of this run; see `createPostgresDatabase`. */
    postgresUrl: string;
  }
}

/** One PostgreSQL server for the whole run. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const server = await startPostgres();
  project.provide('postgresUrl', server.url);
  return () => server.stop();
};
