import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadIssuerPresets } from '../../../src/config/issuer-presets.ts';
import type { AdminApiDependencies } from '../../../src/http/admin/register-admin-api.ts';
import { type AdminServer, startAdminServer } from '../../support/admin-server.ts';

describe('A31 what is known of platforms', () => {
  let asked = 0;
  let answer: AdminApiDependencies['presets'];
  let server: AdminServer;
  const register = (server: AdminServer) =>
    server.request('POST', '/api/v1/trusted-issuers', {
      body: { issuer: 'https://token.actions.githubusercontent.com' },
    });
  beforeAll(async () => {
    server = await startAdminServer({
      presets: () => {
        asked += 1;
        return answer();
      },
    });
  });
  afterAll(() => server.close());

  it('is not asked for by whoever may not act', async () => {
    answer = () => Promise.reject(new Error('asked too early'));
    expect((await server.request('GET', '/api/v1/teams', { as: null })).status).toBe(401);
    expect((await server.request('POST', '/api/v1/teams', { as: 'viewer', body: {} })).status).toBe(403);
    expect(asked).toBe(0);
  });

  it('while it cannot be read nobody administers; from the next request that can, everybody does', async () => {
    answer = () => Promise.reject(new Error('no such folder'));
    const refused = await register(server);
    expect([refused.status, refused.body['code']]).toEqual([500, 'internal_fault']);
    expect(refused.body['detail']).toMatch(/^Nothing was done: what is known of platforms cannot be read\./);
    expect((await server.storage.trustedIssuers.list('default', { limit: 10, cursor: null })).items).toEqual(
      [],
    );

    answer = () => loadIssuerPresets('config/issuers');
    const { status, body } = await register(server);
    expect([status, body['platform']]).toMatchObject([201, { name: 'github-actions' }]);
    const read = asked;
    expect((await server.request('GET', '/api/v1/teams')).status).toBe(200);
    expect(asked).toBe(read);
  });
});
