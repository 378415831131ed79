// What a kill switch stops at the doors, what goes on beside it, and what the two sides are told. That each of them stops
// every door, at once and under load, is in the matrix of A65 (test/threats/a65-a67-http-switches.slow.test.ts).
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { createFakeSpire, type FakeSpire } from '../support/fake-spire.ts';
import { expectIssued } from '../support/token-answers.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from '../support/test-bureau.ts';

let bureau: TestBureau;
let spire: FakeSpire;
beforeAll(async () => {
  spire = await createFakeSpire('example.org');
  bureau = await openTestBureau({ allow: [spire.address] });
});
afterAll(async () => {
  await bureau.close();
  await spire.close();
});
afterEach(async () => {
  for (const { id } of (await bureau.admin('GET', '/blocks')).body.items) await unblock(id);
});

const any = { 'if-match': '*' };
const block = async (target: object): Promise<string> => {
  const created = await bureau.admin('POST', '/blocks', { target, reason: 'a drill' });
  expect([created.status, created.body.code]).toEqual([201, undefined]);
  return created.body.id as string;
};
const unblock = async (id: string): Promise<void> => {
  expect((await bureau.admin('DELETE', `/blocks/${id}`, undefined, any)).status).toBe(204);
};
const exchange = (token: string, more: Record<string, string> = {}): Promise<Answer> =>
  bureau.token({
    grant_type: urn.tokenExchange,
    subject_token: token,
    subject_token_type: urn.jwt,
    ...more,
  });
/** The reason of a refusal, and the failed checks an administrator sees. */
const storyOf = async ({ status, body }: Answer) => {
  expect(status).toBe(400);
  const { reason, checks } = await bureau.activity(body.receipt);
  return { reason, failed: checks.filter((check: { ok: boolean }) => !check.ok) };
};
const federationOf = async (account: string): Promise<Record<string, unknown>> =>
  (await bureau.admin('GET', `/service-accounts/${account}`)).body.federations[0];
const trustedIssuerOf = async (issuer: string): Promise<string> =>
  (await bureau.admin('GET', '/trusted-issuers')).body.items.find(
    (item: { issuer: string }) => item.issuer === issuer,
  ).id;
const issuerUrl = (): string => bureau.issuer.issuer;
const kid = (): string => bureau.issuer.keys[0]?.kid ?? '';

describe('A99 every kind of block', () => {
  const kinds: readonly [string, string, () => Promise<object> | object][] = [
    ['account_blocked', 'account.block', () => ({ account: bureau.account.id })],
    [
      'federation_blocked',
      'federation.block',
      async () => ({ federation: (await federationOf(bureau.account.id))['id'] }),
    ],
    ['issuer_blocked', 'issuer.block', async () => ({ trustedIssuer: await trustedIssuerOf(issuerUrl()) })],
    ['subject_blocked', 'claims.sub.block', () => ({ issuer: issuerUrl(), subject: registered.subject })],
    ['key_blocked', 'key.block', () => ({ issuer: issuerUrl(), keyId: kid() })],
  ];
  it.each(kinds)(
    'A99 %s: the receipt says who, why and which block; the wire says what it says of any bad token',
    async (reason, check, target) => {
      for (const { form, badToken } of doors) {
        expectIssued(await bureau.token(form(await bureau.goodToken())));
        const bad = await bureau.token(form(await bureau.goodToken({ exp: 1 })));
        const id = await block(await target());
        const refused = await bureau.token(form(await bureau.goodToken()));
        expect({ ...refused.body, receipt: '' }).toEqual({ ...bad.body, receipt: '' });
        expect(refused.body.error).toBe(badToken);
        expect([...refused.headers.keys()].toSorted()).toEqual([...bad.headers.keys()].toSorted());
        const { reason: kept, failed } = await storyOf(refused);
        expect(kept).toBe(reason);
        const [found] = failed.filter((each: { check: string }) => each.check === check);
        expect(found.hint).toContain(id);
        expect(found.hint).toContain('a drill');
        expect(found.hint).toContain('administrator');
        await unblock(id);
        expectIssued(await bureau.token(form(await bureau.goodToken())));
      }
    },
  );
});

describe('a blocked trusted issuer', () => {
  it('A46 is asked for nothing any more, not even where its keys are not known', async () => {
    const id = await block({ trustedIssuer: await trustedIssuerOf(issuerUrl()) });
    const before = bureau.issuer.hits();
    for (const token of [
      await bureau.goodToken(),
      await bureau.goodToken({}, { kid: 'another' }),
      await bureau.goodToken({}, { kid: undefined }),
    ])
      expect((await storyOf(await exchange(token))).reason).toBe('issuer_blocked');
    expect(bureau.issuer.hits()).toBe(before);
    await unblock(id);
    // The control: an unknown kid is worth a fetch.
    expect((await storyOf(await exchange(await bureau.goodToken({}, { kid: 'another' })))).reason).toBe(
      'key_unknown',
    );
    expect(bureau.issuer.hits()).toBeGreaterThan(before);
  });

  it('A46 nor by an administrator: no refresh, and a proposal does without its keys', async () => {
    const trusted = await trustedIssuerOf(issuerUrl());
    const refresh = () => bureau.admin('POST', `/trusted-issuers/${trusted}/refresh`);
    const propose = async () =>
      bureau.admin('POST', '/service-accounts:propose', {
        token: await bureau.goodToken({ sub: 'another' }, { kid: `unknown-${Math.random()}` }),
      });
    const id = await block({ trustedIssuer: trusted });
    const before = bureau.issuer.hits();
    const refused = await refresh();
    expect([refused.status, refused.body.code]).toEqual([409, 'issuer_blocked']);
    expect(refused.body.detail).toContain(id);
    const proposed = await propose();
    expect([proposed.status, proposed.body.verified]).toEqual([200, false]);
    expect(proposed.body.verification).toContain('blocked');
    expect(proposed.body.notes.join()).toContain(id);
    expect(bureau.issuer.hits()).toBe(before);
    await unblock(id);
    // The control: without the block both ask.
    expect((await refresh()).status).toBe(200);
    const refreshed = bureau.issuer.hits();
    expect(refreshed).toBeGreaterThan(before);
    expect((await propose()).body.notes.join()).not.toContain('blocked');
  });

  it('A46 nor where it is disabled', async () => {
    const path = `/trusted-issuers/${await trustedIssuerOf(issuerUrl())}`;
    await bureau.admin('PATCH', path, { status: 'disabled' }, any);
    const before = bureau.issuer.hits();
    const proposed = await bureau.admin('POST', '/service-accounts:propose', {
      token: await bureau.goodToken({ sub: 'another' }, { kid: 'unknown-2' }),
    });
    expect(proposed.body.notes.join()).toContain('disabled');
    expect(bureau.issuer.hits()).toBe(before);
    await bureau.admin('PATCH', path, { status: 'enabled' }, any);
  });

  it('a proposal says which subject, key or account is blocked', async () => {
    const targets = [
      { issuer: issuerUrl(), subject: registered.subject },
      { issuer: issuerUrl(), keyId: kid() },
      { account: bureau.account.id },
    ];
    const notes = async (): Promise<string> =>
      (
        await bureau.admin('POST', '/service-accounts:propose', { token: await bureau.goodToken() })
      ).body.notes.join();
    for (const target of targets) {
      const id = await block(target);
      expect(await notes()).toContain(id);
      await unblock(id);
      expect(await notes()).not.toContain('blocked');
    }
  });

  it('A73 stays blocked when it is registered anew', async () => {
    const registration = { issuer: 'https://again.example', jwks: { keys: [bureau.issuer.keys[0]?.jwk] } };
    const first = await bureau.admin('POST', '/trusted-issuers', registration);
    expect(first.status).toBe(201);
    const token = (): Promise<string> => bureau.goodToken({ iss: registration.issuer });
    expect((await storyOf(await exchange(await token()))).reason).toBe('subject_not_registered');
    await block({ trustedIssuer: first.body.id });
    expect((await storyOf(await exchange(await token()))).reason).toBe('issuer_blocked');
    const gone = await bureau.admin('DELETE', `/trusted-issuers/${first.body.id}`, undefined, any);
    expect(gone.status).toBe(204);
    expect((await storyOf(await exchange(await token()))).reason).toBe('issuer_unknown');
    const second = await bureau.admin('POST', '/trusted-issuers', registration);
    expect(second.body.id).not.toBe(first.body.id);
    expect((await storyOf(await exchange(await token()))).reason).toBe('issuer_blocked');
    expect(
      (await bureau.admin('POST', '/blocks', { target: { trustedIssuer: second.body.id }, reason: 'x' })).body
        .code,
    ).toBe('already_exists');
  });
});

describe('a blocked foreign key', () => {
  it('A07 does not slip by without its kid, nor by any spelling of one', async () => {
    const id = await block({ issuer: issuerUrl(), keyId: kid() });
    for (const header of [{}, { kid: undefined }])
      expect((await storyOf(await exchange(await bureau.goodToken({}, header)))).reason).toBe('key_blocked');
    for (const other of [`${kid()} `, kid().toUpperCase(), `${kid()}\u200B`])
      expect((await exchange(await bureau.goodToken({}, { kid: other }))).status).toBe(400);
    await unblock(id);
    for (const header of [{}, { kid: undefined }])
      expectIssued(await exchange(await bureau.goodToken({}, header)));
  });

  it('A46 is not looked for at the issuer: its kid is refused before any fetch', async () => {
    await block({ issuer: issuerUrl(), keyId: 'withdrawn' });
    const before = bureau.issuer.hits();
    const refused = await exchange(await bureau.goodToken({}, { kid: 'withdrawn' }));
    expect((await storyOf(refused)).reason).toBe('key_blocked');
    expect(bureau.issuer.hits()).toBe(before);
    expectIssued(await exchange(await bureau.goodToken()));
  });

  it('is blocked by its thumbprint where it has no kid, and other keys go on', async () => {
    const trusted = await trustedIssuerOf(issuerUrl());
    const { keys } = (await bureau.admin('GET', `/trusted-issuers/${trusted}`)).body.keyHealth;
    const first = bureau.issuer.keys[0];
    const { thumbprint } = keys.find((key: { kid: string }) => key.kid === kid());
    await block({ issuer: issuerUrl(), keyId: thumbprint });
    expect((await storyOf(await exchange(await bureau.goodToken()))).reason).toBe('key_blocked');
    await bureau.issuer.rotate();
    await bureau.admin('POST', `/trusted-issuers/${trusted}/refresh`);
    expectIssued(await exchange(await bureau.goodToken()));
    const old = await bureau.issuer.signToken(
      { sub: registered.subject, aud: registered.audience },
      {},
      first,
    );
    expect((await storyOf(await exchange(old))).reason).toBe('key_blocked');
  });

  it('JF-19 is blocked where the set is pinned too', async () => {
    const key = bureau.issuer.keys.at(-1);
    const pinned = 'https://pinned.example';
    const { kid: _kid, ...nameless } = key?.jwk ?? {};
    for (const jwk of [key?.jwk, nameless]) {
      const made = await bureau.admin('POST', '/service-accounts', {
        name: `pinned-${Math.random()}`,
        owningTeam: 'default',
        useCase: 'custom-api-integration',
      });
      const trusted = await bureau.admin('POST', '/trusted-issuers', {
        issuer: pinned,
        jwks: { keys: [jwk] },
      });
      expect(trusted.status).toBe(201);
      const federations = [{ issuer: pinned, subject: 'build', audience: registered.audience }];
      const path = `/service-accounts/${made.body.id}`;
      expect((await bureau.admin('PATCH', path, { federations }, any)).status).toBe(200);
      const token = () => bureau.goodToken({ iss: pinned, sub: 'build' }, { kid: undefined });
      expectIssued(await exchange(await token()));
      const [{ thumbprint }] = (await bureau.admin('GET', `/trusted-issuers/${trusted.body.id}`)).body
        .keyHealth.keys;
      const id = await block({ issuer: pinned, keyId: jwk === nameless ? thumbprint : key?.kid });
      expect((await storyOf(await exchange(await token()))).reason).toBe('key_blocked');
      await unblock(id);
      expect((await bureau.admin('DELETE', path, undefined, any)).status).toBe(204);
      await bureau.admin('DELETE', `/trusted-issuers/${trusted.body.id}`, undefined, any);
    }
  });
});

describe('a blocked foreign subject', () => {
  it.each([' x', 'x ', '\tx', 'x\n'])(
    'A29 %j with white space around it would stop nobody: 422',
    async (subject) => {
      const body = { target: { issuer: issuerUrl(), subject }, reason: 'a drill' };
      const refused = await bureau.admin('POST', '/blocks', body);
      expect([refused.status, refused.body.errors[0].path]).toEqual([422, '/target/subject']);
      await block({ issuer: issuerUrl(), subject: subject.trim() });
    },
  );

  it('A29 is that one alone, code point by code point, for every account that claims it', async () => {
    const subject = `${registered.subject}:e\u0301`;
    const made = await bureau.admin('POST', '/service-accounts', {
      name: 'pattern',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        {
          issuer: issuerUrl(),
          jwksUri: bureau.issuer.jwksUri,
          subjectPattern: `${registered.subject}:*`,
          audience: registered.audience,
        },
      ],
    });
    expect(made.status).toBe(201);
    await block({ issuer: issuerUrl(), subject });
    expect((await storyOf(await exchange(await bureau.goodToken({ sub: subject })))).reason).toBe(
      'subject_blocked',
    );
    for (const other of [`${registered.subject}:\u00e9`, `${subject} `, `${registered.subject}:E\u0301`])
      expectIssued(await exchange(await bureau.goodToken({ sub: other })));
    await bureau.admin('DELETE', `/service-accounts/${made.body.id}`, undefined, any);
  });

  it('SV-17 of a trust domain is the SPIFFE ID of the workload; its key by the kid of the bundle', async () => {
    spire.publish();
    const made = await bureau.admin('POST', '/trusted-issuers', spire.registration);
    expect(made.status).toBe(201);
    const account = await bureau.admin('POST', '/service-accounts', {
      name: 'workload',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        { issuer: spire.issuer, subject: spire.id('/api'), audience: registered.audience },
        { issuer: spire.issuer, subject: spire.id('/web'), audience: registered.audience },
      ],
    });
    expect(account.status).toBe(201);
    const svid = (path: string): Promise<string> =>
      spire.svid({ sub: spire.id(path), aud: registered.audience });
    expectIssued(await exchange(await svid('/api')));
    const id = await block({ issuer: spire.issuer, subject: spire.id('/api') });
    expect((await storyOf(await exchange(await svid('/api')))).reason).toBe('subject_blocked');
    expectIssued(await exchange(await svid('/web')));
    await unblock(id);
    const key = await block({ issuer: spire.issuer, keyId: spire.keys[0]?.kid });
    expect((await storyOf(await exchange(await svid('/web')))).reason).toBe('key_blocked');
    await unblock(key);
    const domain = await block({ trustedIssuer: made.body.id });
    expect((await storyOf(await exchange(await svid('/web')))).reason).toBe('issuer_blocked');
    await unblock(domain);
    expectIssued(await exchange(await svid('/web')));
  });
});

describe('a blocked federation', () => {
  it('A65 refuses the token whatever other federation covers it too, and nothing but what it covers', async () => {
    const second = {
      issuer: issuerUrl(),
      subjectPattern: 'repo:acme/payments:environment:*',
      audience: registered.audience,
    };
    const first = await federationOf(bureau.account.id);
    const path = `/service-accounts/${bureau.account.id}`;
    const patched = await bureau.admin('PATCH', path, { federations: [first, second] }, any);
    expect(patched.status).toBe(200);
    expectIssued(await exchange(await bureau.goodToken()));
    const id = await block({ federation: first['id'] });
    expect((await storyOf(await exchange(await bureau.goodToken()))).reason).toBe('federation_blocked');
    expectIssued(await exchange(await bureau.goodToken({ sub: 'repo:acme/payments:environment:staging' })));
    await unblock(id);
    expectIssued(await exchange(await bureau.goodToken()));
    await bureau.admin('PATCH', path, { federations: [first] }, any);
  });

  it('A65 ST-33 of two accounts that claim a token, a block of one does not hand it to the other', async () => {
    const made = await bureau.admin('POST', '/service-accounts', {
      name: 'rival',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        {
          issuer: issuerUrl(),
          jwksUri: bureau.issuer.jwksUri,
          subjectPattern: 'repo:acme/*',
          audience: registered.audience,
        },
      ],
    });
    expect((await storyOf(await exchange(await bureau.goodToken()))).reason).toBe('federation_ambiguous');
    const rivalFederation = (await federationOf(made.body.id))['id'];
    const ownFederation = (await federationOf(bureau.account.id))['id'];
    const own = bureau.account.id;
    const cases = [
      [{ account: made.body.id }, 'account_blocked'],
      [{ federation: rivalFederation }, 'federation_blocked'],
      [{ account: own }, 'account_blocked'],
      [{ federation: ownFederation }, 'federation_blocked'],
    ] as const;
    for (const [target, reason] of cases) {
      const id = await block(target);
      // Neither client id makes a way around it, and no receipt sends anybody to the other account.
      for (const more of [{}, { client_id: made.body.id }, { client_id: own }]) {
        const story = await storyOf(await exchange(await bureau.goodToken(), more));
        expect(story.reason).toBe(reason);
        expect(story.failed.some((check: { hint?: string }) => check.hint?.includes(id))).toBe(true);
      }
      await unblock(id);
    }
    // The control: disabled, and not blocked, an account makes no claim.
    await bureau.admin('PATCH', `/service-accounts/${made.body.id}`, { status: 'disabled' }, any);
    expectIssued(await exchange(await bureau.goodToken()));
    // What is blocked stays closed when it is disabled besides.
    const id = await block({ account: made.body.id });
    expect((await storyOf(await exchange(await bureau.goodToken()))).reason).toBe('account_blocked');
    await unblock(id);
    await bureau.admin('DELETE', `/service-accounts/${made.body.id}`, undefined, any);
  });
});
