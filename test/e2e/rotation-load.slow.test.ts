import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { type BureauProcess, freePort, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer } from '../support/fake-issuer.ts';
import { createPostgresDatabase } from '../support/postgres.ts';
import { rotateUnderLoad } from '../support/rotation-load.ts';

it.each([
  // The shortest times the configuration allows.
  { store: 'SQLite', nodes: 1, maxAgeSeconds: 1, publishAheadSeconds: 2 },
  // A node hears of a key that another one made within a second or so, and can only then publish it.
  { store: 'PostgreSQL', nodes: 2, maxAgeSeconds: 1, publishAheadSeconds: 4 },
])(
  'A68 over 100 rotations under load on $store, $nodes processes: 0 failures of verifiers that cache by max-age alone',
  async ({ store, nodes: count, maxAgeSeconds, publishAheadSeconds }) => {
    const database = store === 'PostgreSQL' ? await createPostgresDatabase() : null;
    const issuer = await createFakeIssuer();
    const ports = [await freePort(), await freePort()];
    const environment = {
      BUREAU_ISSUER: `http://127.0.0.1:${ports[0]}`,
      BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
      BUREAU_PUBLISHED_MAX_AGE_SECONDS: String(maxAgeSeconds),
      BUREAU_SIGNING_KEY_PUBLISH_AHEAD_SECONDS: String(publishAheadSeconds),
      BUREAU_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      BUREAU_LOG_LEVEL: 'warn',
      ...(database === null ? {} : { BUREAU_DATABASE_URL: database.url }),
    };
    const nodes: BureauProcess[] = [];
    try {
      for (const port of ports.slice(0, count)) nodes.push(await startBureau({ port, environment }));
      const report = await rotateUnderLoad({ nodes, issuer, tenants: 26 });
      const { failed, refused, ...figures } = report;
      console.log(`A68 ${store}, ${count} processes: ${JSON.stringify(figures)}, ${failed.length} failed`);
      expect({ failed: failed.slice(0, 10), refused: refused.slice(0, 10) }).toEqual({
        failed: [],
        refused: [],
      });
      expect(report.activations).toBeGreaterThanOrEqual(100);
      expect(report.verified).toBeGreaterThan(10_000);
      expect(report.mostPublished).toBeLessThanOrEqual(5);
    } finally {
      for (const node of nodes) await node.stop();
      await issuer.close();
      await database?.drop();
    }
  },
  300_000,
);
