// The story a refusal keeps: parameters and tokens, without what is secret in them, bounded; and none for what was issued.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, registered, type TestBureau, urn } from '../support/test-bureau.ts';

let bureau: TestBureau;
beforeAll(async () => {
  bureau = await openTestBureau();
}, 60_000);
afterAll(() => bureau.close());

const refused = async (form: Parameters<TestBureau['token']>[0], options = {}) => {
  const { body } = await bureau.token(form, options);
  expect(body).toHaveProperty('receipt');
  return bureau.activity(body.receipt);
};
const exchange = (token: string, more: Record<string, string> = {}) => ({
  grant_type: urn.tokenExchange,
  subject_token: token,
  subject_token_type: urn.jwt,
  ...more,
});
const post = (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  bureau.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  });

describe('what a refusal keeps', () => {
  it('the parameters, secrets replaced by a word and their length, and a name that was nearly right', async () => {
    const token = await bureau.goodToken({ sub: 'nobody' });
    const story = await refused(
      exchange(token, {
        scope: 'certificates:read',
        client_id: 'a',
        requestedTokenType: 'x',
        device_code: 'y',
      }),
    );
    expect(story.parameters).toEqual({
      grant_type: urn.tokenExchange,
      subject_token: `<JWT, ${token.length} characters>`,
      subject_token_type: urn.jwt,
      scope: 'certificates:read',
      client_id: 'a',
      requestedTokenType: '<not read here>',
    });
  });

  it('a parameter that came twice, both times; a body that cannot be decoded, as far as it can', async () => {
    expect((await refused('grant_type=a&scope=b&scope=c')).parameters).toEqual({
      grant_type: 'a',
      scope: ['b', 'c'],
    });
    expect((await refused('grant_type=a&scope=%zz')).parameters).toEqual({
      grant_type: 'a',
      scope: '<cannot be decoded>',
    });
    expect((await refused('&'.repeat(10))).parameters).toBeNull();
    expect((await refused('a=b&'.repeat(41))).parameters).toBeNull();
  });

  it('header and claims of the token, verified after its signature was, and not before', async () => {
    const claims = { sub: 'nobody', nested: { list: [1, 'a', null, true] } };
    const [presented, ...others] = (await refused(exchange(await bureau.goodToken(claims)))).presented;
    expect(others).toEqual([]);
    expect(presented).toEqual({
      parameter: 'subject_token',
      header: { alg: 'ES256', kid: bureau.issuer.keys[0]?.kid, typ: 'JWT' },
      claims: expect.objectContaining({ ...claims, iss: bureau.issuer.issuer, aud: registered.audience }),
      verified: true,
    });

    const [header, body] = (await bureau.goodToken(claims)).split('.');
    const [, , signature] = (await bureau.goodToken({ sub: 'other' })).split('.');
    const forged = await refused(exchange([header, body, signature].join('.')));
    expect(forged.reason).toBe('signature_invalid');
    expect(forged.presented[0]).toMatchObject({ claims, verified: false });

    const unknownKey = await refused(exchange(await bureau.goodToken(claims, { kid: 'x' })));
    expect(unknownKey.presented[0]).toMatchObject({ claims, verified: false });
  });

  it('a claim that is refused after the signature: still verified', async () => {
    const story = await refused(exchange(await bureau.goodToken({ exp: 1000, iat: 1 })));
    expect(story.reason).toBe('expired');
    expect(story.presented[0].verified).toBe(true);
  });

  it('both tokens of a request, each with its own verdict', async () => {
    const admin = ownKeyOf(bureau.credentials);
    const story = await refused(
      exchange(await bureau.goodToken(), {
        client_assertion: makeAssertion(admin),
        client_assertion_type: urn.assertionType,
      }),
    );
    expect(story.reason).toBe('client_assertion_of_another_account');
    expect(
      story.presented.map(({ parameter, verified }: { parameter: string; verified: boolean }) => [
        parameter,
        verified,
      ]),
    ).toEqual([
      ['client_assertion', true],
      ['subject_token', true],
    ]);
  });

  it('a token that nobody came to look at', async () => {
    const story = await refused({
      grant_type: urn.tokenExchange,
      subject_token: await bureau.goodToken({ sub: 'early' }),
      subject_token_type: 'x',
    });
    expect(story.presented).toEqual([
      expect.objectContaining({
        parameter: 'subject_token',
        verified: false,
        claims: expect.objectContaining({ sub: 'early' }),
      }),
    ]);
  });

  it('of an encrypted token the header, of what is none nothing', async () => {
    const jwe = `${Buffer.from('{"alg":"RSA-OAEP","enc":"A256GCM"}').toString('base64url')}.a.b.c.d`;
    expect((await refused(exchange(jwe))).presented).toEqual([
      {
        parameter: 'subject_token',
        header: { alg: 'RSA-OAEP', enc: 'A256GCM' },
        claims: null,
        verified: false,
      },
    ]);
    expect((await refused(exchange('ghs_16C7e42F292c6912E7710c838347Ae178B4a'))).presented).toEqual([
      { parameter: 'subject_token', header: null, claims: null, verified: false },
    ]);
  });

  it('of introspection and revocation too, the token in the header and the one in question', async () => {
    const bearer = await bureau.adminToken();
    const form = doors[2]?.form(makeAssertion(ownKeyOf(bureau.credentials))) ?? {};
    const foreign = await bureau.goodToken({ sub: 'foreign' });
    const revoked = await post('/revoke', { ...form, token: foreign });
    expect((await bureau.activity(revoked.body.receipt)).presented).toEqual([
      expect.objectContaining({ parameter: 'client_assertion', verified: true }),
      expect.objectContaining({
        parameter: 'token',
        verified: false,
        claims: expect.objectContaining({ sub: 'foreign' }),
      }),
    ]);
    await post('/revoke', {
      ...doors[2]?.form(makeAssertion(ownKeyOf(bureau.credentials))),
      token: bearer,
    });
    const asked = await post('/introspect', { token: 'x' }, { authorization: `Bearer ${bearer}` });
    const story = await bureau.activity(asked.body.receipt);
    expect(story.reason).toBe('token_revoked');
    expect(story.presented[0]).toMatchObject({
      parameter: 'authorization',
      header: { typ: 'at+jwt' },
    });
  });

  it('the scheme of an Authorization header, and nothing else of it', async () => {
    const secret = 'c2VjcmV0LXNlY3JldA==';
    for (const [header, shown] of [
      [`Basic ${secret}`, 'Authorization header (Basic)'],
      [`bearer ${secret}`, 'Authorization header (Bearer)'],
      [secret, 'Authorization header'],
      [`${secret} x`, 'Authorization header'],
    ] as const) {
      const { body } = await post('/token', { grant_type: 'client_credentials' }, { authorization: header });
      const story = await bureau.activity(body.receipt);
      expect(story.checks.at(-1)).toMatchObject({ check: 'client.authentication', presented: shown });
      expect(JSON.stringify(story)).not.toContain(secret.slice(0, 12));
    }
  });
});

describe('A102 what a refusal never keeps', () => {
  it('token text, signatures, nested tokens, keys and passwords, wherever they stand', async () => {
    const inner = await bureau.goodToken({ sub: 'inner' });
    const pem = bureau.credentials.privateKey;
    const password = `hunter2-${randomBytes(9).toString('hex')}`;
    const token = await bureau.goodToken(
      {
        sub: 'nobody',
        inner,
        deep: { list: [{ text: `before ${inner} after` }], client_secret: password },
        access_token: password,
        key: pem,
        github: 'ghs_16C7e42F292c6912E7710c838347Ae178B4a',
      },
      { x5t: 'thumb' },
    );
    const own = makeAssertion(ownKeyOf(bureau.credentials), { aud: 'x' });
    const bodies: (Record<string, string> | string)[] = [
      exchange(token),
      exchange(`${token}x`),
      exchange(token, { scope: token, client_id: token, audience: token, requested_token_type: token }),
      { grant_type: token, subject_token: token, password, [password]: 'x', [token]: 'x' },
      exchange('x', { subject_token_type: token, actor_token: token }),
      { grant_type: 'client_credentials', client_secret: password, client_id: 'a' },
      { grant_type: 'client_credentials', client_assertion: own, client_assertion_type: own },
      { grant_type: urn.jwtBearer, assertion: pem },
      `grant_type=a&scope=b&scope=${encodeURIComponent(token)}`,
    ];
    const stories: unknown[] = [];
    for (const body of bodies) stories.push(await refused(body));
    const listed = await bureau.admin('GET', '/activities?limit=200');
    const kept = JSON.stringify([stories, listed.body]);

    const parts = [token, inner, own].flatMap((each) => each.split('.'));
    const secrets = [
      ...parts.filter((part) => part.length > 20),
      ...pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----')),
      password,
      'ghs_16C7',
    ];
    for (const secret of secrets) expect([secret, kept.includes(secret)]).toEqual([secret, false]);
    expect(kept).not.toMatch(/eyJ[\w-]{8}/);
    // Positive control: what is not secret is there.
    expect(kept).toContain('"text":"before <JWT,');
    expect(kept).toContain('<secret beginning with ghs_');
    expect(kept).toContain('"x5t":"thumb"');
  });

  it('what was issued keeps neither parameters nor claims', async () => {
    const { status } = await bureau.token(exchange(await bureau.goodToken({ note: 'remember-me' })));
    expect(status).toBe(200);
    const { body } = await bureau.admin('GET', '/activities?outcome=issued&limit=1');
    expect(body.items[0]).toMatchObject({ outcome: 'issued', parameters: null, presented: [] });
    expect(JSON.stringify(body.items[0])).not.toContain('remember-me');
    const story = await bureau.activity(body.items[0].id);
    expect(story.explanation).toBeNull();
    expect(story.candidates).toEqual([expect.objectContaining({ matches: true })]);
  });
});

describe('A115 what a refusal keeps is bounded, and says what is missing', () => {
  const big = Object.fromEntries(
    Array.from({ length: 150 }, (_unused, index) => [`claim-${index}`, 'y'.repeat(60)]),
  );

  it('of a registered issuer within 8 KiB of claims, of a stranger within 2', async () => {
    const known = await refused(exchange(await bureau.goodToken({ sub: 'nobody', ...big })));
    expect(JSON.stringify(known.presented).length).toBeLessThan(8192);
    expect(JSON.stringify(known.presented).length).toBeGreaterThan(4096);
    expect(known.presented[0].claims['…']).toMatch(/^<\d+ more members left out>$/);
    expect(known.presented[0].claims).toMatchObject({ sub: 'nobody', aud: registered.audience });

    const stranger = await refused(exchange(await bureau.goodToken({ iss: 'https://x.example', ...big })));
    expect(JSON.stringify(stranger.presented).length).toBeLessThan(3072);
    expect(stranger.presented[0].claims).toMatchObject({ iss: 'https://x.example' });
  });

  it('a long text its beginning, a long list its length', async () => {
    const groups = Array.from({ length: 500 }, (_unused, index) => `group-${index}`);
    const story = await refused(
      exchange(await bureau.goodToken({ sub: 'nobody', groups, note: 'z'.repeat(2000) })),
    );
    expect(story.presented[0].claims).toMatchObject({
      groups: '<left out: a list of 500>',
      note: `${'z'.repeat(512)}… <cut, 2000 characters>`,
    });
  });

  it('A78 a number that JSON cannot carry', async () => {
    const token = await bureau.goodToken({ sub: 'nobody' });
    const [header, claims = '', signature] = token.split('.');
    const text = Buffer.from(claims, 'base64url').toString().replace('{', '{"n":1e400,');
    const forged = [header, Buffer.from(text).toString('base64url'), signature].join('.');
    const story = await refused(exchange(forged));
    expect(story.presented[0].claims.n).toBe('<a number beyond the range>');
  });
});
