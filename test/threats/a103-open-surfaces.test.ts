import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminOperations } from '../../src/admin-api/operations.ts';
import { type AdminServer, startAdminServer } from '../support/admin-server.ts';

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.close());

const commonPaths = [
  '/admin',
  '/api',
  '/api/',
  '/api/v1',
  '/api/v1/',
  '/api/v2',
  '/console',
  '/debug',
  '/env',
  '/.env',
  '/.git/config',
  '/actuator',
  '/actuator/health',
  '/api/v1/keys',
  '/api/v1/config',
  '/api/v1/users',
  '/api/v1/backup',
  '/api/v1/export',
  '/api/v1/debug',
  '/api/v1/tenants/default/settings',
  '/api/v1/service-accounts/',
  '/api/v1//service-accounts',
  '/api/v1/Service-Accounts',
  '/api/v1/%73ervice-accounts',
  '/api/v1/service-accounts;x',
  '/api/v1/service-accounts%2f',
  '/api/v1/x/../service-accounts',
  '/api/v1/service-accounts%00',
  '/API/v1/service-accounts',
  '//api/v1/service-accounts',
  '/t/acme/api/v1',
  '/t/acme/api/v1/nothing',
  '/t/acme/admin',
  '/t//api/v1/teams',
  '/swagger',
  '/swagger.json',
  '/docs',
  '/openapi.json',
  '/documentation/json',
  '/metrics/all',
];

describe('A103 open surfaces', () => {
  it.each(Object.entries(adminOperations))(
    'A103 %s is 401 without credentials, at the root and for a tenant',
    async (_name, operation) => {
      for (const base of ['/api/v1', '/t/acme/api/v1']) {
        const path = `${base}${operation.path.replace(/\{[a-z]+\}/, 'default')}`;
        const reply = await server.request(operation.method, path, { as: null });
        expect([path, reply.status]).toEqual([path, 401]);
        expect(reply.headers['www-authenticate']).toMatch(/^Bearer resource_metadata="/);
        expect(reply.headers['cache-control']).toBe('no-store');
      }
    },
  );

  it.each(commonPaths)('A103 A94 %s is 401 or 404 without credentials', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect([401, 404], `${method} ${path}`).toContain(
        (await server.request(method, path, { as: null })).status,
      );
    }
  });

  it('A103 positive control: the same server answers one who may', async () => {
    expect((await server.request('GET', '/api/v1/service-accounts')).status).toBe(200);
  });

  it('A96 a page of another origin gets no permission', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    for (const method of ['OPTIONS', 'GET']) {
      const reply = await server.request(method, '/api/v1/teams', { headers });
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});
