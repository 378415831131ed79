import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTenantSigningKeys } from '../../../src/keys/create-signing-keys.ts';
import { createLocalSigningBackend } from '../../../src/adapters/signing/local.ts';
import type { SigningBackend } from '../../../src/ports/signing-backend.ts';
import {
  type AdminServer,
  type AdminServerOptions,
  type Json,
  pathsOf,
  startAdminServer,
} from '../../support/admin-server.ts';
import { minutes } from '../../support/rotating-node.ts';

const backend = createLocalSigningBackend({ keyEncryptionKey: new Uint8Array(32).fill(7) });
let server: AdminServer;
beforeEach(async () => {
  server = await startAdminServer();
  for (const tenant of ['default', 'acme'])
    for (const key of await createTenantSigningKeys({ backend, clock: server.clock }, tenant))
      await server.storage.signingKeys.insert(key);
});
afterEach(() => server.close());

interface WireKey {
  readonly kid: string;
  readonly purpose: string;
  readonly algorithm: string;
  readonly state: string;
  readonly next: { readonly state: string; readonly at: string };
}
const itemsOf = ({ body }: { readonly body: Json }) => body['items'] as readonly WireKey[];
const list = async (as?: string) =>
  itemsOf(await server.request('GET', '/api/v1/signing-keys', as === undefined ? {} : { as }));
const rotate = (body?: unknown) => server.request('POST', '/api/v1/signing-keys/rotate', { body });
const revoke = (kid: string, as?: string) =>
  server.request('POST', `/api/v1/signing-keys/${kid}/revoke`, as === undefined ? {} : { as });
const es256 = { purpose: 'access-token', algorithm: 'ES256' } as const;
const isEs256 = (key: WireKey) => key.purpose === es256.purpose && key.algorithm === es256.algorithm;
const later = (milliseconds: number) => new Date(server.clock.now() + milliseconds).toISOString();
const activities = async () =>
  (await server.storage.activities.list('default', {}, { limit: 50, cursor: null })).items;

describe('GET /signing-keys', () => {
  it('shows each key with its state, its age, its public half and what comes next', async () => {
    server.clock.advance(minutes(5));
    const reply = await server.request('GET', '/api/v1/signing-keys');
    expect(reply.status).toBe(200);
    expect(itemsOf(reply)).toHaveLength(4);
    const created = new Date(server.clock.now() - minutes(5)).toISOString();
    expect(itemsOf(reply)[0]).toEqual({
      kid: expect.any(String),
      ...es256,
      state: 'active',
      publicKey: {
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        kid: itemsOf(reply)[0]?.kid,
        x: expect.any(String),
        y: expect.any(String),
      },
      ageSeconds: 300,
      createdAt: created,
      activatedAt: created,
      retiredAt: null,
      next: { state: 'retired', at: later(30 * 86_400_000 - minutes(5)) },
    });
    expect(reply.text).not.toMatch(/sealed|"d"|v1\./);
    expect(reply.body['nextCursor']).toBeNull();
  });

  it('AD-06 gives pages of as many as were asked for, each key once', async () => {
    await rotate();
    const all = (await list()).map(({ kid }) => kid);
    expect(all).toHaveLength(8);
    const seen: string[] = [];
    let cursor: unknown = null;
    do {
      const query = `limit=3${typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
      const page = await server.request('GET', `/api/v1/signing-keys?${query}`);
      expect(page.status).toBe(200);
      expect(itemsOf(page).length).toBeLessThanOrEqual(3);
      seen.push(...itemsOf(page).map(({ kid }) => kid));
      cursor = page.body['nextCursor'];
    } while (cursor !== null);
    expect(seen).toEqual(all);
    // What comes next for a key is told from all of them, those of other pages too.
    const [first] = itemsOf(await server.request('GET', '/api/v1/signing-keys?limit=1'));
    expect(first?.next).toEqual({ state: 'retired', at: later(1_500_000) });
    const bad = await server.request('GET', '/api/v1/signing-keys?cursor=nonsense');
    expect([bad.status, bad.body['code']]).toEqual([400, 'invalid_cursor']);
  });

  it('A107 shows those of the own tenant alone', async () => {
    const reply = await server.request('GET', '/t/acme/api/v1/signing-keys', { as: 'administrator~acme' });
    const acme = itemsOf(reply).map(({ kid }) => kid);
    expect(acme).toHaveLength(4);
    expect((await list()).filter(({ kid }) => acme.includes(kid))).toEqual([]);
    expect((await revoke(acme[0] ?? '')).status).toBe(404);
  });
});

describe('POST /signing-keys/rotate', () => {
  it('publishes the next key of every kind, and says when it signs', async () => {
    const reply = await rotate();
    expect(reply.status).toBe(200);
    const prepared = itemsOf(reply).filter(({ state }) => state === 'prepared');
    expect(prepared).toHaveLength(4);
    for (const { next } of prepared) expect(next).toEqual({ state: 'active', at: later(1_500_000) });
    for (const { next } of itemsOf(reply).filter(({ state }) => state === 'active'))
      expect(next).toEqual({ state: 'retired', at: later(1_500_000) });
    expect(server.changedTenants).toContain('default');
  });

  it.each<[object, number]>([
    [{}, 4],
    [{ purpose: 'jwt-svid' }, 2],
    [{ algorithm: 'RS256' }, 2],
    [es256, 1],
  ])('of what is asked for: %j', async (body, count) => {
    expect(itemsOf(await rotate(body)).filter(({ state }) => state === 'prepared')).toHaveLength(count);
  });

  it('twice is once, and is recorded once, with who asked', async () => {
    await rotate(es256);
    expect((await rotate(es256)).status).toBe(200);
    expect(await list()).toHaveLength(5);
    expect(await activities()).toMatchObject([
      { type: 'signing-key.prepare', outcome: 'changed', actor: { name: 'administrator' }, details: es256 },
    ]);
  });

  it('A69 too often: 429, with when there is room again', async () => {
    for (let count = 0; count < 2; count += 1) {
      expect((await rotate(es256)).status).toBe(200);
      server.clock.advance(1_500_000);
      // Activates the one that was prepared.
      await rotate({ ...es256, algorithm: 'ES256' });
    }
    const refused = await rotate(es256);
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    const wait = Number(refused.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect((await list()).filter(({ purpose }) => purpose === 'access-token').length).toBeLessThanOrEqual(5);
    server.clock.advance(wait * 1000);
    expect((await rotate(es256)).status).toBe(200);
  });

  it.each<[unknown, string]>([
    [{ purpose: 'x' }, '/purpose'],
    [{ algorithm: 'none' }, '/algorithm'],
    [{ kid: 'x' }, '/kid'],
  ])('A108 %j: 422', async (body, path) => {
    const refused = await rotate(body);
    expect(refused.status).toBe(422);
    expect(pathsOf(refused)).toEqual([path]);
  });
});

describe('POST /signing-keys/{kid}/revoke', () => {
  const activeKid = async () =>
    (await list()).find((key) => isEs256(key) && key.state === 'active')?.kid ?? '';

  it('A71 an active key is gone, and a new one signs', async () => {
    const kid = await activeKid();
    const reply = await revoke(kid);
    expect(reply.status).toBe(200);
    const [successor, ...others] = itemsOf(reply).filter(isEs256);
    expect([successor?.state, others]).toEqual(['active', []]);
    expect(successor?.kid).not.toBe(kid);
    expect(await activities()).toMatchObject([
      { type: 'signing-key.revoke', details: { kid, ...es256, state: 'active', successor: successor?.kid } },
    ]);
    expect((await revoke(kid)).status).toBe(404);
  });

  it('A71 the prepared key takes over where there is one', async () => {
    await rotate(es256);
    const prepared = (await list()).find(({ state }) => state === 'prepared')?.kid;
    const keys = itemsOf(await revoke(await activeKid())).filter(isEs256);
    expect(keys).toMatchObject([{ kid: prepared, state: 'active' }]);
  });

  it('A71 a prepared key that cannot be opened takes over from none: it goes, and a new one signs', async () => {
    await server.request('POST', '/api/v1/signing-keys/rotate', { body: es256 });
    const prepared = (await list()).find((key) => isEs256(key) && key.state === 'prepared')?.kid ?? '';
    const stored = (await server.storage.signingKeys.listOf('default')).find(({ kid }) => kid === prepared);
    const { sealedPrivateKey = '' } = stored ?? {};
    expect(await server.storage.signingKeys.reseal('default', prepared, sealedPrivateKey, 'v1.AA.AA')).toBe(
      true,
    );
    const kid = await activeKid();
    const keys = itemsOf(await revoke(kid)).filter(isEs256);
    expect(keys).toMatchObject([{ state: 'active' }]);
    expect([kid, prepared]).not.toContain(keys[0]?.kid);
  });

  it.each(['prepared', 'retired'])('a %s key is gone, and nothing else changes', async (state) => {
    await rotate(es256);
    if (state === 'retired') {
      server.clock.advance(1_500_000);
      await rotate(es256);
    }
    const before = await list();
    const kid = before.find((key) => key.state === state)?.kid ?? '';
    const after = itemsOf(await revoke(kid));
    expect(after.map((key) => key.kid)).toEqual(before.map((key) => key.kid).filter((each) => each !== kid));
    expect((await activities())[0]).toMatchObject({ details: { kid, state, successor: null } });
  });

  it('of two at once one is done, and there is one active key', async () => {
    const kid = await activeKid();
    const replies = await Promise.all([revoke(kid), revoke(kid)]);
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404]);
    expect((await list()).filter(isEs256)).toHaveLength(1);
  });

  it('unknown: 404', async () => {
    expect(await revoke('no-such-key')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it.each(['viewer', 'auditor', 'none'])('A105 is not for %s, nor is rotating', async (as) => {
    const kid = await activeKid();
    expect((await revoke(kid, as)).status).toBe(403);
    expect((await server.request('POST', '/api/v1/signing-keys/rotate', { as })).status).toBe(403);
    expect(await activeKid()).toBe(kid);
  });
});

describe('A71 a withdrawal, whatever else fails', () => {
  const down = new Error('the token does not answer');
  const startSpoiled = async (
    spoilSigning: (backend: SigningBackend) => SigningBackend,
    more: AdminServerOptions = {},
  ): Promise<AdminServer> => {
    const spoiled = await startAdminServer({ ...more, spoilSigning });
    for (const key of await createTenantSigningKeys({ backend, clock: spoiled.clock }, 'default'))
      await spoiled.storage.signingKeys.insert(key);
    return spoiled;
  };
  const activeOf = async (spoiled: AdminServer): Promise<string> =>
    itemsOf(await spoiled.request('GET', '/api/v1/signing-keys')).find(isEs256)?.kid ?? '';
  const withdraw = (spoiled: AdminServer, kid: string) =>
    spoiled.request('POST', `/api/v1/signing-keys/${kid}/revoke`);

  it.each<[string, (local: SigningBackend) => SigningBackend, AdminServerOptions, number]>([
    ['nothing fails', (local) => local, {}, 0],
    ['the key cannot be destroyed', (local) => ({ ...local, destroy: () => Promise.reject(down) }), {}, 1],
    ['the keys cannot be opened', (local) => local, { keysChanged: () => Promise.reject(down) }, 1],
  ])('A71 where %s: done, 200, and told', async (_title, spoilSigning, more, reported) => {
    const spoiled = await startSpoiled(spoilSigning, more);
    const kid = await activeOf(spoiled);
    const reply = await withdraw(spoiled, kid);
    expect(reply.status).toBe(200);
    expect(itemsOf(reply).filter(isEs256)).toMatchObject([{ state: 'active' }]);
    expect(itemsOf(reply).map((key) => key.kid)).not.toContain(kid);
    expect(spoiled.faults).toEqual(Array.from({ length: reported }, () => down));
    await spoiled.close();
  });

  it('A71 where no key can be made or opened: it goes, nothing signs, and the rotation makes one when it can', async () => {
    let isDown = true;
    const spoiled = await startSpoiled((local) => ({
      ...local,
      generate: (...slot) => (isDown ? Promise.reject(down) : local.generate(...slot)),
      open: (key) => (isDown ? Promise.reject(down) : local.open(key)),
    }));
    const kid = await activeOf(spoiled);
    const reply = await withdraw(spoiled, kid);
    expect(reply.status).toBe(200);
    expect(itemsOf(reply).filter(isEs256)).toEqual([]);
    expect(spoiled.faults).toEqual([down]);
    const page = await spoiled.storage.activities.list('default', {}, { limit: 5, cursor: null });
    expect(page.items).toMatchObject([{ type: 'signing-key.revoke', details: { kid, successor: null } }]);

    isDown = false;
    await spoiled.request('POST', '/api/v1/signing-keys/rotate', { body: es256 });
    const kids = itemsOf(await spoiled.request('GET', '/api/v1/signing-keys')).filter(isEs256);
    expect(kids[0]).toMatchObject({ state: 'active' });
    expect(kids.map((key) => key.kid)).not.toContain(kid);
    await spoiled.close();
  });

  it('A71 a prepared key that cannot be opened either is left for when it can, and takes over from none', async () => {
    let isDown = false;
    const spoiled = await startSpoiled((local) => ({
      ...local,
      generate: (...slot) => (isDown ? Promise.reject(down) : local.generate(...slot)),
      open: (key) => (isDown ? Promise.reject(down) : local.open(key)),
    }));
    await spoiled.request('POST', '/api/v1/signing-keys/rotate', { body: es256 });
    isDown = true;
    const kid = await activeOf(spoiled);
    const reply = await withdraw(spoiled, kid);
    expect([reply.status, itemsOf(reply).filter(isEs256)]).toMatchObject([200, [{ state: 'prepared' }]]);
    await spoiled.close();
  });

  it('SV-20 raises the sequence of the bundle for a key of JWT-SVIDs, and for no other', async () => {
    const sequence = async () => (await server.storage.signingKeys.readSet('default')).spiffeSequence ?? 0;
    await server.storage.signingKeys.raiseSpiffeSequence('default', server.clock.now());
    const before = await sequence();
    const svid = (await list()).find(({ purpose }) => purpose === 'jwt-svid')?.kid ?? '';
    expect((await revoke(svid)).status).toBe(200);
    expect(await sequence()).toBe(before + 1);
    const accessToken = (await list()).find(isEs256)?.kid ?? '';
    expect((await revoke(accessToken)).status).toBe(200);
    expect(await sequence()).toBe(before + 1);
  });
});
