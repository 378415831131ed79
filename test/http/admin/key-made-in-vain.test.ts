// A63: a key pair is made, and counted, only for a service account that can be registered.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AdminServer, goodAccount, type Json, startAdminServer } from '../../support/admin-server.ts';

const path = '/api/v1/service-accounts';
const key = { generate: 'ES256' };

describe('A63 a service account that is refused', () => {
  let server: AdminServer;
  beforeEach(async () => {
    server = await startAdminServer({ keysPerMinute: 1 });
  });
  afterEach(() => server.close());

  const create = async (members: Json): Promise<number> =>
    (await server.request('POST', path, { body: { ...goodAccount('with-key'), key, ...members } })).status;

  it.each<[string, Json]>([
    ['a team that is not there', { owningTeam: 'nobody' }],
    ['a use case that is not there', { useCase: 'nothing' }],
    ['a name that is none', { name: '' }],
    ['a shape that is wrong', { scopes: 'all' }],
  ])('for %s has taken no key pair', async (_what, members) => {
    expect(await create(members)).toBe(422);
    expect(await create({})).toBe(201);
    // The control: that one took the only one there was.
    expect(await create({ name: 'another', federations: [] })).toBe(429);
  });
});
