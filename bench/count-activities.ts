import { DatabaseSync } from 'node:sqlite';

/** How many issued tokens the embedded store knows of, read from its file after the server has stopped. */
export const countIssuedActivities = (file: string): number => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const row = database.prepare("SELECT count(*) AS n FROM activities WHERE outcome = 'issued'").get();
    return Number(row?.['n'] ?? 0);
  } finally {
    database.close();
  }
};
