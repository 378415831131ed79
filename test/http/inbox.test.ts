import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { createFakeIssuer, createFakeIssuerKey } from '../support/fake-issuer.ts';
import { doors, openTestBureau, registered, type TestBureau } from '../support/test-bureau.ts';

const proposePath = '/service-accounts:propose';

let bureau: TestBureau;
beforeAll(async () => {
  bureau = await openTestBureau();
});
afterAll(() => bureau.close());

const [door] = doors;
const exchange = (token: string): Promise<Answer> => bureau.token(door?.form(token) ?? {});
const inboxOf = async (subject: string): Promise<readonly Answer['body'][]> =>
  (await bureau.admin('GET', `/inbox?subject=${encodeURIComponent(subject)}`)).body.items;

describe('§3 the inbox', () => {
  it.each(doors)('a refused attempt at the door $name is there at once', async ({ name, form }) => {
    const sub = `stranger:${name}`;
    const token = await bureau.goodToken({ sub });
    const refused = await bureau.token(form(token));
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(await inboxOf(sub)).toMatchObject([
      {
        issuer: bureau.issuer.issuer,
        audience: registered.audience,
        verified: true,
        count: 1,
        lastReason: 'subject_not_registered',
        lastReceipt: refused.body.receipt,
      },
    ]);
  });

  it('another audience is another entry, and a sample of the claims comes along', async () => {
    const sub = 'stranger:audience';
    await exchange(await bureau.goodToken({ sub, aud: 'one', environment: 'production' }));
    await exchange(await bureau.goodToken({ sub, aud: ['two', 'three'] }));
    const entries = await inboxOf(sub);
    expect(new Set(entries.map(({ audience }) => audience))).toEqual(new Set(['one', 'two three']));
    const one = entries.find(({ audience }) => audience === 'one');
    const detail = await bureau.admin('GET', `/inbox/${one.id}`);
    expect(detail.body.claims).toMatchObject({ sub, environment: 'production' });
  });

  it('a proposal from an entry says who verified it', async () => {
    const sub = 'stranger:propose';
    await exchange(await bureau.goodToken({ sub }));
    await exchange(await bureau.goodToken({ sub, iss: 'https://nobody.example.org' }));
    const entries = await inboxOf(sub);
    expect(entries.map(({ verified }) => verified)).toEqual([false, true]);
    for (const { id, verified } of entries) {
      const proposed = await bureau.admin('POST', `/inbox/${id}/propose`, { name: 'from-inbox' });
      expect(proposed.body).toMatchObject({
        verified,
        verification: expect.stringContaining(verified ? 'A key of the trusted issuer' : 'made them up'),
        proposal: { name: 'from-inbox', federations: [{ subject: sub, audience: registered.audience }] },
      });
    }
    expect((await bureau.admin('POST', '/inbox/nothing/propose')).status).toBe(404);
  });

  it('is a list like the others: pages, filters, a cursor that is none of ours', async () => {
    for (const sub of ['page:a', 'page:b', 'page:c']) await exchange(await bureau.goodToken({ sub }));
    const first = (await bureau.admin('GET', '/inbox?limit=2')).body;
    expect(first.items.map(({ subject }: { subject: string }) => subject)).toEqual(['page:c', 'page:b']);
    const second = (await bureau.admin('GET', `/inbox?limit=2&cursor=${first.nextCursor}`)).body;
    expect(second.items[0].subject).toBe('page:a');
    expect((await bureau.admin('GET', '/inbox?cursor=nonsense')).body.code).toBe('invalid_cursor');
    const ofIssuer = `/inbox?issuer=${encodeURIComponent(bureau.issuer.issuer)}`;
    expect((await bureau.admin('GET', `${ofIssuer}&verified=false`)).body.items).toEqual([]);
    expect((await bureau.admin('GET', `${ofIssuer}&verified=true`)).body.items).not.toEqual([]);
    expect((await bureau.admin('GET', '/inbox?verified=perhaps')).status).toBe(422);
  });

  it('a bad signature, an expired token and a disabled account do not belong there', async () => {
    const stranger = await createFakeIssuerKey('ES256');
    const now = Math.floor(Date.now() / 1000);
    for (const token of [
      await bureau.issuer.signToken({ sub: 'bad:signature', aud: registered.audience }, {}, stranger),
      await bureau.goodToken({ sub: 'bad:expired', iat: now - 7000, exp: now - 10 }),
    ])
      expect((await exchange(token)).status).toBe(400);
    const path = `/service-accounts/${bureau.account.id}`;
    await bureau.admin('PATCH', path, { status: 'disabled' }, { 'if-match': '*' });
    expect((await exchange(await bureau.goodToken())).status).toBe(400);
    await bureau.admin('PATCH', path, { status: 'enabled' }, { 'if-match': '*' });
    for (const sub of ['bad:signature', 'bad:expired', registered.subject])
      expect(await inboxOf(sub)).toEqual([]);
    // Positive control: the account works.
    expect((await exchange(await bureau.goodToken())).status).toBe(200);
  });

  it('a deleted entry is gone, and comes back with the next attempt', async () => {
    const token = await bureau.goodToken({ sub: 'stranger:deleted' });
    await exchange(token);
    const [entry] = await inboxOf('stranger:deleted');
    expect((await bureau.admin('DELETE', `/inbox/${entry.id}`)).status).toBe(428);
    const gone = await bureau.admin('DELETE', `/inbox/${entry.id}`, undefined, { 'if-match': '"1"' });
    expect(gone.status).toBe(204);
    expect((await bureau.admin('GET', `/inbox/${entry.id}`)).status).toBe(404);
    expect((await bureau.admin('DELETE', `/inbox/${entry.id}`, undefined, { 'if-match': '*' })).status).toBe(
      404,
    );
    const [activity] = (await bureau.admin('GET', '/activities?type=inbox.delete')).body.items;
    expect(activity).toMatchObject({
      outcome: 'changed',
      details: { subject: 'stranger:deleted', count: 1 },
    });
    await exchange(token);
    expect(await inboxOf('stranger:deleted')).toMatchObject([{ count: 1 }]);
  });

  it('a registration clears what it covers, by a pattern and by an edit too, and nothing else', async () => {
    for (const sub of ['clear:a:1', 'clear:a:2', 'clear:b:1'])
      await exchange(await bureau.goodToken({ sub }));
    const federation = { issuer: bureau.issuer.issuer, audience: registered.audience };
    const made = await bureau.admin('POST', '/service-accounts', {
      name: 'clears',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [{ ...federation, subjectPattern: 'clear:a:*' }],
    });
    expect(made.status).toBe(201);
    expect([await inboxOf('clear:a:1'), await inboxOf('clear:a:2')]).toEqual([[], []]);
    expect(await inboxOf('clear:b:1')).toHaveLength(1);
    await bureau.admin(
      'PATCH',
      `/service-accounts/${made.body.id}`,
      { federations: [{ ...federation, subject: 'clear:b:1' }] },
      { 'if-match': '*' },
    );
    expect(await inboxOf('clear:b:1')).toEqual([]);
  });

  it('A102 holds no token text', async () => {
    const token = await bureau.goodToken({ sub: 'stranger:secret', nested: await bureau.goodToken() });
    await exchange(token);
    const [entry] = await inboxOf('stranger:secret');
    const text = JSON.stringify((await bureau.admin('GET', `/inbox/${entry.id}`)).body);
    for (const part of token.split('.')) expect(text).not.toContain(part);
  });
});

describe('§3 proposals with real keys', () => {
  it('verifies with keys found by discovery, and keeps nothing of it', async () => {
    const issuer = await createFakeIssuer();
    const other = await openTestBureau({ allow: [`${issuer.host}:${issuer.port}`] });
    try {
      const propose = (token: string) => other.admin('POST', proposePath, { token });
      const good = await issuer.signToken({ sub: 'pipeline:main', aud: 'https://sts.example.com' });
      const proposed = await propose(good);
      expect(proposed.body).toMatchObject({
        verified: true,
        trustedIssuer: { known: false, jwksUri: issuer.jwksUri, how: 'discovery' },
      });
      const hits = issuer.hits();
      expect((await propose(good)).body.verified).toBe(true);
      expect(issuer.hits()).toBeGreaterThan(hits);

      const stranger = await createFakeIssuerKey('ES256');
      const forged = await issuer.signToken(
        { sub: 'pipeline:main', aud: 'x' },
        { kid: issuer.keys[0]?.kid },
        stranger,
      );
      expect((await propose(forged)).body).toMatchObject({
        verified: false,
        verification: expect.stringContaining('signature is not good'),
        proposal: { federations: [{ subject: 'pipeline:main' }] },
      });

      issuer.setMode('500', '/.well-known/openid-configuration');
      expect((await propose(good)).body).toMatchObject({
        verified: false,
        trustedIssuer: { how: null, jwksUri: null },
        verification: expect.stringContaining('Discovery failed'),
      });
      expect((await other.admin('GET', '/trusted-issuers')).body.items).toHaveLength(1);
    } finally {
      await other.close();
      await issuer.close();
    }
  });

  it('a registered issuer verifies by what is registered, and a disabled one says so', async () => {
    const other = await openTestBureau();
    try {
      const token = await other.goodToken({ sub: 'pipeline:next' });
      const propose = () => other.admin('POST', proposePath, { token });
      expect((await propose()).body).toMatchObject({
        verified: true,
        trustedIssuer: { known: true, how: 'registered', jwksUri: other.issuer.jwksUri },
      });
      const [issuer] = (await other.admin('GET', '/trusted-issuers')).body.items;
      await other.admin(
        'PATCH',
        `/trusted-issuers/${issuer.id}`,
        { status: 'disabled' },
        { 'if-match': '*' },
      );
      expect((await propose()).body.notes.join(' ')).toContain('disabled');
    } finally {
      await other.close();
    }
  });

  it('a single use is not used up', async () => {
    const other = await openTestBureau();
    try {
      const [issuer] = (await other.admin('GET', '/trusted-issuers')).body.items;
      await other.admin(
        'PATCH',
        `/trusted-issuers/${issuer.id}`,
        { replay: 'single-use' },
        { 'if-match': '*' },
      );
      const token = await other.goodToken({ jti: 'once' });
      expect((await other.admin('POST', proposePath, { token })).body.verified).toBe(true);
      expect((await other.token(door?.form(token) ?? {})).status).toBe(200);
      expect((await other.token(door?.form(token) ?? {})).status).toBe(400);
    } finally {
      await other.close();
    }
  });
});
