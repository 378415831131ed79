import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminOperationName, adminOperations } from '../../src/admin-api/operations.ts';
import { type AdminServer, startAdminServer } from '../support/admin-server.ts';

/**
 * The table of contract §5, written out a second time by hand: the product's own table is what is under test.
 * A = administrator, V = viewer, U = auditor; `A default` = administrators of tenant default only.
 */
const contract: Readonly<Record<AdminOperationName, 'A' | 'AV' | 'AVU' | 'A default'>> = {
  listServiceAccounts: 'AV',
  createServiceAccount: 'A',
  getServiceAccount: 'AV',
  patchServiceAccount: 'A',
  deleteServiceAccount: 'A',
  proposeServiceAccount: 'A',
  listInbox: 'AV',
  getInboxEntry: 'AV',
  deleteInboxEntry: 'A',
  proposeFromInbox: 'A',
  listAccountKeys: 'AV',
  createAccountKey: 'A',
  getAccountKey: 'AV',
  patchAccountKey: 'A',
  deleteAccountKey: 'A',
  listTrustedIssuers: 'AV',
  createTrustedIssuer: 'A',
  getTrustedIssuer: 'AV',
  patchTrustedIssuer: 'A',
  deleteTrustedIssuer: 'A',
  refreshTrustedIssuer: 'A',
  listCredentialProviders: 'AV',
  createCredentialProvider: 'A',
  getCredentialProvider: 'AV',
  patchCredentialProvider: 'A',
  deleteCredentialProvider: 'A',
  verifyCredentialProvider: 'A',
  listSigningKeys: 'AV',
  rotateSigningKeys: 'A',
  revokeSigningKey: 'A',
  listBlocks: 'AV',
  createBlock: 'A',
  getBlock: 'AV',
  deleteBlock: 'A',
  listTeams: 'AV',
  createTeam: 'A',
  getTeam: 'AV',
  patchTeam: 'A',
  deleteTeam: 'A',
  listUseCases: 'AV',
  createUseCase: 'A',
  getUseCase: 'AV',
  patchUseCase: 'A',
  deleteUseCase: 'A',
  listActivities: 'AVU',
  exportActivities: 'AVU',
  verifyActivities: 'AVU',
  getActivity: 'AVU',
  explain: 'A',
  getSettings: 'AV',
  patchSettings: 'A',
  listTenants: 'A default',
  createTenant: 'A default',
  getTenant: 'A default',
  patchTenant: 'A default',
};

const letters = { administrator: 'A', viewer: 'V', auditor: 'U', none: '-' } as const;

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.close());

const send = (
  name: AdminOperationName,
  tenant: string,
  as: string | null,
  headers: Record<string, string> = {},
) => {
  const { method, path } = adminOperations[name];
  const base = tenant === 'default' ? '/api/v1' : `/t/${tenant}/api/v1`;
  const body = method === 'POST' || method === 'PATCH' ? { body: { unknownMember: 1 } } : {};
  return server.request(method, `${base}${path.replaceAll(/\{[a-zA-Z]+\}/g, 'nothing-of-this-name')}`, {
    as,
    ...body,
    headers,
  });
};

describe.each(Object.entries(contract) as [AdminOperationName, string][])('A105 %s', (name, allowed) => {
  it.each(['default', 'acme'])(
    'A105 in tenant %s is for exactly the roles of the contract',
    async (tenant) => {
      for (const [role, letter] of Object.entries(letters)) {
        const may =
          allowed.replace(' default', '').includes(letter) &&
          (!allowed.endsWith('default') || tenant === 'default');
        const reply = await send(name, tenant, `${role}~${tenant}`);
        if (may) {
          // Let in: what is refused now is the empty request, never the caller.
          expect([200, 404, 422], `${role} ${reply.text}`).toContain(reply.status);
        } else {
          expect([role, reply.status]).toEqual([role, 403]);
          expect(reply.body['code']).toBe('forbidden');
          expect(reply.headers['www-authenticate']).toMatch(/^Bearer error="insufficient_scope", /);
        }
      }
    },
  );

  it('A105 is closed to no token, a bad token and a token of another tenant', async () => {
    expect((await send(name, 'default', null)).status).toBe(401);
    for (const token of ['garbage', 'eyJhbGciOiJub25lIn0.e30.', 'expired-token', 'administrator~acme']) {
      const reply = await send(name, 'default', token === 'garbage' ? 'garbage.' : token);
      expect([token, reply.status]).toEqual([token, 401]);
      expect(reply.body['code']).toBe('invalid_token');
    }
    expect((await send(name, 'acme', 'administrator~default')).status).toBe(401);
    expect((await send(name, 'unknown-tenant', 'administrator~default')).status).toBe(404);
  });
});

describe('A105 the account as it is now', () => {
  it('A105 A65 a role that was taken away is gone for a token that is still good', async () => {
    const viewer = server.accountOf('viewer~acme');
    expect((await server.request('GET', '/t/acme/api/v1/teams', { as: 'viewer~acme' })).status).toBe(200);
    const demoted = await server.request('PATCH', `/t/acme/api/v1/service-accounts/${viewer.id}`, {
      as: 'administrator~acme',
      ifMatch: '*',
      body: { role: 'auditor' },
    });
    expect(demoted.status).toBe(200);
    expect((await server.request('GET', '/t/acme/api/v1/teams', { as: 'viewer~acme' })).status).toBe(403);
    await server.request('PATCH', `/t/acme/api/v1/service-accounts/${viewer.id}`, {
      as: 'administrator~acme',
      ifMatch: '*',
      body: { status: 'disabled' },
    });
    expect((await server.request('GET', '/t/acme/api/v1/activities', { as: 'viewer~acme' })).status).toBe(
      401,
    );
  });
});
