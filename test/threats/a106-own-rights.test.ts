import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/admin/actor.ts';
import { holdsRoles } from '../../src/core/accounts/role.ts';
import type { Role } from '../../src/core/accounts/role.ts';
import { createKeyPairGenerator } from '../../src/adapters/signing/key-pair-generator.ts';
import {
  type AdminServer,
  buildAccount,
  goodAccount,
  goodFederation,
  startAdminServer,
} from '../support/admin-server.ts';
import { exampleKey } from '../support/example-keys.ts';
import { sampleAccountKey } from '../support/stored-samples.ts';

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.close());

describe('A106 raising one’s own rights', () => {
  const table: readonly (readonly [Role | null, Role | null, boolean])[] = [
    ['administrator', 'administrator', true],
    ['administrator', 'viewer', true],
    ['administrator', 'auditor', true],
    ['administrator', null, true],
    ['viewer', 'administrator', false],
    ['viewer', 'viewer', true],
    ['viewer', 'auditor', true],
    ['auditor', 'administrator', false],
    ['auditor', 'viewer', false],
    ['auditor', 'auditor', true],
    [null, 'auditor', false],
    [null, 'viewer', false],
    [null, 'administrator', false],
    [null, null, true],
  ];
  it.each(table)('A106 %s holds %s: %s', (actor, role, holds) => {
    expect(holdsRoles(actor, [role])).toBe(holds);
    expect(holdsRoles(actor, [role, 'administrator'])).toBe(actor === 'administrator');
  });

  it.each(['viewer', 'auditor', 'none'])(
    'A106 %s sets no role on itself or another and links no federation',
    async (role) => {
      const own = server.accountOf(`${role}~default`);
      const strong = server.accountOf('administrator~default');
      const attempts = [
        { id: own.id, body: { role: 'administrator' } },
        { id: strong.id, body: { federations: [goodFederation] } },
        { id: strong.id, body: { status: 'disabled' } },
      ];
      for (const { id, body } of attempts) {
        const reply = await server.request('PATCH', `/api/v1/service-accounts/${id}`, {
          as: role,
          ifMatch: '*',
          body,
        });
        expect(reply.status).toBe(403);
      }
      const created = await server.request('POST', '/api/v1/service-accounts', {
        as: role,
        body: goodAccount('mine', { role: 'administrator' }),
      });
      expect(created.status).toBe(403);
      expect(await server.storage.serviceAccounts.find('default', own.id)).toEqual(own);
      expect(await server.storage.serviceAccounts.find('default', strong.id)).toEqual(strong);
    },
  );

  it.each(['viewer', 'auditor', 'none'])(
    'A106 %s gives no key to itself or another, and changes and takes none',
    async (role) => {
      const strong = server.accountOf('administrator~default');
      const before = await server.storage.accountKeys.listOf('default', strong.id);
      const [key] = before;
      for (const { id } of [strong, server.accountOf(`${role}~default`)]) {
        const keys = `/api/v1/service-accounts/${id}/keys`;
        for (const [method, path, body] of [
          ['POST', keys, { generate: 'ES256' }],
          ['POST', keys, { publicKey: exampleKey }],
          ['PATCH', `${keys}/${key?.id ?? ''}`, { status: 'disabled' }],
          ['DELETE', `${keys}/${key?.id ?? ''}`, undefined],
        ] as const) {
          const sent = body === undefined ? {} : { body };
          const reply = await server.request(method, path, { as: role, ifMatch: '*', ...sent });
          expect([method, reply.status, reply.body['code']]).toEqual([method, 403, 'forbidden']);
          expect(reply.text).not.toContain('PRIVATE');
        }
        const created = await server.request('POST', '/api/v1/service-accounts', {
          as: role,
          body: goodAccount('mine', { key: { generate: 'ES256' } }),
        });
        expect(created.status).toBe(403);
      }
      expect(await server.storage.accountKeys.listOf('default', strong.id)).toEqual(before);
      const own = server.accountOf(`${role}~default`);
      expect(await server.storage.accountKeys.listOf('default', own.id)).toEqual([]);
      // A key shows nothing that would help: who may read may see it.
      const read = await server.request('GET', `/api/v1/service-accounts/${strong.id}/keys`, { as: role });
      expect(read.status).toBe(role === 'viewer' ? 200 : 403);
    },
  );

  it.each<[Role | null, Role | null, boolean]>(
    table.flatMap(([actor, role, holds]) => (actor === 'administrator' ? [] : [[actor, role, holds]])),
  )(
    'A106 the use cases themselves: %s gives, changes and takes keys of %s: %s',
    async (actor, role, holds) => {
      const { createAccountKey, deleteAccountKey, patchAccountKey } = await import(
        '../../src/admin/account-keys.ts'
      );
      const as: Actor = { account: server.accountOf(`${actor ?? 'none'}~default`), sourceAddress: null };
      const target = buildAccount('default', role, server.clock.now());
      await server.storage.serviceAccounts.insert({ ...target, name: target.id });
      const deps = {
        storage: server.storage,
        clock: server.clock,
        newId: () => randomUUID(),
        changed: () => undefined,
        baseIssuer: server.baseIssuer,
        keyGenerationLimit: { take: () => null },
        generateAccountKeyPair: createKeyPairGenerator(),
      } as never;
      const forbidden = { ok: false, error: { code: 'forbidden' } };
      const wish = { generate: 'ES256', expiresAt: null } as const;
      const expected = holds ? { ok: true } : forbidden;
      expect(await createAccountKey(deps, as, target.id, wish)).toMatchObject(expected);
      const key = sampleAccountKey(target, { expiresAt: null });
      await server.storage.accountKeys.insert(key);
      const change = patchAccountKey(deps, as, target.id, key.id, 'any', { status: 'disabled' }, false);
      expect(await change).toMatchObject(expected);
      expect(await deleteAccountKey(deps, as, target.id, key.id, 'any', true)).toMatchObject(expected);
      expect(await server.storage.accountKeys.listOf('default', target.id)).toHaveLength(1);
    },
  );

  it('A106 positive control: an administrator grants a role and takes it back', async () => {
    const created = await server.request('POST', '/api/v1/service-accounts', {
      body: goodAccount('deputy', { role: 'viewer' }),
    });
    expect(created.status).toBe(201);
    const path = created.headers['location'] ?? '';
    const raised = await server.request('PATCH', path, { ifMatch: '"1"', body: { role: 'administrator' } });
    expect(raised.body['role']).toBe('administrator');
    const lowered = await server.request('PATCH', path, { ifMatch: '"2"', body: { role: null } });
    expect(lowered.body['role']).toBeNull();
  });

  it('A106 an administrator of a tenant makes and disables no tenants', async () => {
    for (const [method, path] of [
      ['POST', '/tenants'],
      ['PATCH', '/tenants/default'],
      ['GET', '/tenants'],
    ] as const) {
      const body =
        method === 'POST'
          ? { body: { name: 'mine' } }
          : method === 'PATCH'
            ? { body: { status: 'disabled' } }
            : {};
      const reply = await server.request(method, `/t/acme/api/v1${path}`, {
        as: 'administrator~acme',
        ifMatch: '*',
        ...body,
      });
      expect(reply.status).toBe(403);
    }
  });

  it('A106 the use case itself refuses, whatever the route let through', async () => {
    const { patchServiceAccount } = await import('../../src/admin/service-accounts.ts');
    const viewer: Actor = { account: { ...server.accountOf('viewer~default') }, sourceAddress: null };
    const deps = {
      storage: server.storage,
      clock: server.clock,
      newId: () => 'id',
      changed: () => undefined,
    };
    const target = server.accountOf('administrator~default');
    const patch = { description: 'mine now' };
    const result = await patchServiceAccount(deps as never, viewer, target.id, 'any', patch, false);
    expect(result).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  });
});
