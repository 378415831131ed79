import { randomUUID } from 'node:crypto';
import { createExportLimit } from '../../src/admin/export-limit.ts';
import { exportActivities } from '../../src/admin/export-activities.ts';
import type { ActivityFilter } from '../../src/core/activity/activity-filter.ts';
import type { Storage } from '../../src/ports/storage.ts';
import { sampleTime } from './stored-samples.ts';
import type { TestSeals } from './trail-seals.ts';

/** The whole text of an export of a tenant. */
export const exportTrail = async (
  storage: Storage,
  seals: Pick<TestSeals, 'seal'>,
  tenant: string,
  filter: ActivityFilter = {},
): Promise<string> => {
  const actor = {
    account: { tenant, id: randomUUID(), name: 'auditor', role: 'auditor' as const },
    sourceAddress: null,
  };
  const lines = exportActivities(
    { storage, seals, clock: { now: () => sampleTime }, takeExport: createExportLimit() },
    actor,
    filter,
  );
  if (!lines.ok) throw new Error(lines.error.detail);
  const parts: string[] = [];
  for await (const text of lines.value) parts.push(text);
  return parts.join('');
};

/** A text as a file, read again each time, in chunks of so many bytes. */
export const asFile = (content: string | Uint8Array, chunkBytes = 65_536) =>
  async function* (): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(content);
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, start + chunkBytes);
  };
