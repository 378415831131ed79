import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyExport } from '../../../src/cli/trail/verify-export.ts';
import { type AdminServer, startAdminServer } from '../../support/admin-server.ts';
import { asFile } from '../../support/exported-trail.ts';
import { sampleActivity } from '../../support/stored-samples.ts';

let server: AdminServer;
let base: string;
beforeAll(async () => {
  server = await startAdminServer();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}/api/v1`;
  // More than what waits in the buffers of four connections.
  for (let batch = 0; batch < 12; batch += 1)
    await server.storage.activities.append(
      Array.from({ length: 1000 }, () =>
        sampleActivity({ tenant: 'default', audience: 'x'.repeat(2000), subject: `batch-${batch}` }),
      ),
    );
}, 60_000);
afterAll(() => server.close());

const open = (signal?: AbortSignal) =>
  fetch(`${base}/activities/export`, {
    headers: { authorization: 'Bearer auditor~default' },
    ...(signal === undefined ? {} : { signal }),
  });

describe('GET /activities/export', () => {
  it('A115 streams the whole trail with its signed last line', async () => {
    const response = await open();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('content-length')).toBeNull();
    const report = await verifyExport(asFile(await response.text()), { keys: null, anchors: [] });
    expect(report).toMatchObject({ ok: true, checked: 12_000, tenant: 'default' });
  }, 60_000);

  it('B38 four at a time; one that is left early gives its place back', { timeout: 60_000 }, async () => {
    const leaving = new AbortController();
    const underWay = await Promise.all(Array.from({ length: 4 }, () => open(leaving.signal)));
    expect(underWay.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const fifth = await open();
    expect(fifth.status).toBe(429);
    expect(await fifth.json()).toMatchObject({ code: 'rate_limited' });
    expect(fifth.headers.get('retry-after')).not.toBeNull();
    leaving.abort();
    let status = 429;
    for (let tries = 0; tries < 100 && status === 429; tries += 1) {
      await sleep(20);
      const again = await open();
      status = again.status;
      await again.body?.cancel();
    }
    expect(status).toBe(200);
  });

  it('a HEAD makes nothing', async () => {
    const response = await fetch(`${base}/activities/export`, {
      method: 'HEAD',
      headers: { authorization: 'Bearer auditor~default' },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('GET /activities/verify', () => {
  it('A115 says what it found, and answers those who ask at once together', { timeout: 60_000 }, async () => {
    const replies = await Promise.all(
      Array.from({ length: 3 }, () => server.request('GET', '/api/v1/activities/verify', { as: 'auditor' })),
    );
    for (const reply of replies)
      expect(JSON.parse(reply.text)).toMatchObject({
        ok: true,
        checked: 12_000,
        unlinked: 0,
        heads: [{ writer: 'embedded', ordinal: 1, number: 12_000 }],
        faults: [],
        faultCount: 0,
        checkpoint: null,
      });
  });
});

describe('GET /activities with filters', () => {
  it('a page looks at so many lines; the cursor leads to what is further back', {
    timeout: 60_000,
  }, async () => {
    let cursor: string | null = null;
    let pages = 0;
    const found: string[] = [];
    do {
      const query: string = `subject=batch-0&audience=${'x'.repeat(2000)}&limit=200${cursor === null ? '' : `&cursor=${cursor}`}`;
      const reply = await server.request('GET', `/api/v1/activities?${query}`);
      expect(reply.status).toBe(200);
      const items = reply.body['items'] as readonly { id: string }[];
      if (pages === 0) expect(items).toEqual([]);
      found.push(...items.map(({ id }) => id));
      cursor = reply.body['nextCursor'] as string | null;
      pages += 1;
    } while (cursor !== null && pages < 50);
    expect(new Set(found).size).toBe(1000);
    expect(pages).toBeLessThan(12);
  });

  it('A117 free text is taken literally, in either case of A to Z', async () => {
    const wild = sampleActivity({ tenant: 'default', subject: '100%_of "Äpfel"' });
    await server.storage.activities.append([wild, sampleActivity({ tenant: 'default', subject: '100x of' })]);
    const ids = async (q: string): Promise<readonly string[]> => {
      const reply = await server.request('GET', `/api/v1/activities?q=${encodeURIComponent(q)}`);
      return (reply.body['items'] as readonly { id: string }[]).map(({ id }) => id);
    };
    expect(await ids('100%_OF "Ä')).toEqual([wild.id]);
    expect(await ids('%_of')).toEqual([wild.id]);
    expect(await ids('100%_of "ä')).toEqual([]);
    expect(await ids(wild.id.toUpperCase())).toEqual([wild.id]);
  });

  it.each(['door', 'audience', 'tokenHash', 'sourceAddress', 'actor'])(
    'finds by %s, and not by a piece of JSON that looks like it',
    async (name) => {
      const value = `special-${name}"\\`;
      const meant = sampleActivity({
        tenant: 'default',
        ...(name === 'actor' ? { actor: { id: value, name: 'x' } } : { [name]: value }),
      });
      const nested = { [name]: name === 'actor' ? { id: value } : value };
      const decoy = sampleActivity({
        tenant: 'default',
        presented: [{ parameter: 'subject_token', header: null, claims: nested, verified: false }],
      });
      await server.storage.activities.append([meant, decoy]);
      const reply = await server.request('GET', `/api/v1/activities?${name}=${encodeURIComponent(value)}`);
      expect((reply.body['items'] as readonly { id: string }[]).map(({ id }) => id)).toEqual([meant.id]);
    },
  );
});
