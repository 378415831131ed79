// The same threats seen from outside: what is answered, what is kept, and that nothing else is contacted.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Canary, createCanary } from '../support/canary.ts';
import { createFakeIssuer } from '../support/fake-issuer.ts';
import { doors, openTestBureau, registered, type TestBureau } from '../support/test-bureau.ts';

const [exchange] = doors;
let bureau: TestBureau;
let canary: Canary;
const open = async (): Promise<void> => {
  [bureau, canary] = await Promise.all([openTestBureau(), createCanary()]);
};
const close = (): Promise<unknown> => Promise.all([bureau.close(), canary.close()]);

const present = (token: string) => bureau.token(exchange?.form(token) ?? {});
const control = async (): Promise<number> => (await present(await bureau.goodToken())).status;
/** The trusted issuer that the account was registered with. */
const trustedIssuer = async (): Promise<{ readonly id: string; readonly etag: string }> => {
  const listed = await bureau.admin('GET', '/trusted-issuers');
  const { id } = listed.body.items[0];
  const { headers } = await bureau.admin('GET', `/trusted-issuers/${id}`);
  return { id, etag: headers.get('etag') ?? '' };
};

describe('A46 SSRF through the JWKS URI', () => {
  beforeAll(open);
  afterAll(close);

  it.each([
    'https://127.0.0.1/jwks',
    'https://127.1/jwks',
    'https://0x7f000001/jwks',
    'https://2130706433/jwks',
    'https://[::1]/jwks',
    'https://[::ffff:127.0.0.1]/jwks',
    'https://[64:ff9b::7f00:1]/jwks',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost./jwks',
    'https://idp.example:22/jwks',
    'https://user@idp.example/jwks',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'data:application/json,{}',
    'CANARY',
  ])('A46 %s cannot be registered', async (url) => {
    const jwksUri = url === 'CANARY' ? `${canary.url}/jwks` : url;
    const refused = await bureau.admin('POST', '/trusted-issuers', {
      issuer: 'https://idp.example',
      jwksUri,
    });
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.body.errors)).toContain('jwksUri');
    expect(canary.hits()).toBe(0);
  });

  it('A46 the control: a public one can', async () => {
    const body = { issuer: 'https://idp.example', jwksUri: 'https://idp.example/jwks' };
    expect((await bureau.admin('POST', '/trusted-issuers', body)).status).toBe(201);
  });
});

describe('A49 unverified iss causes no fetch', () => {
  beforeAll(open);
  afterAll(close);

  it('A49 a token whose iss is the canary, in many spellings', async () => {
    expect(await control()).toBe(200);
    const before = bureau.issuer.hits();
    const known = bureau.issuer.issuer;
    const spellings = [
      canary.url,
      `${canary.url}/`,
      `${known}/../`,
      `${known}#${canary.url}`,
      `${known}@127.0.0.1:${canary.port}`,
      `${canary.url}?${known}`,
      known.replace('http://', `http://127.0.0.1:${canary.port}@`),
      `${known}/`,
      known.toUpperCase(),
    ];
    for (const iss of spellings) {
      const refused = await present(await bureau.goodToken({ iss }));
      expect([refused.status, refused.body.error]).toEqual([400, 'invalid_request']);
    }
    expect([canary.hits(), bureau.issuer.hits() - before]).toEqual([0, 0]);
    expect(await control()).toBe(200);
  });
});

describe('A50 flood of unknown kid', () => {
  beforeEach(open);
  afterEach(close);

  it('A50 SUB for each, at most one fetch, genuine tokens all pass', async () => {
    expect(await control()).toBe(200);
    bureau.issuer.setMode('500');
    const before = bureau.issuer.hits();
    for (let i = 0; i < 100; i += 1) {
      const refused = await present(await bureau.goodToken({}, { kid: `random-${i}` }));
      expect([refused.status, refused.body.error]).toEqual([400, 'invalid_request']);
      if (i % 10 === 0) expect(await control()).toBe(200);
    }
    expect(bureau.issuer.hits() - before).toBeLessThanOrEqual(1);
  });
});

describe('A48 A52 A57 an issuer that cannot be used', () => {
  beforeEach(open);
  afterEach(close);

  it.each(['redirect', 'html', 'huge', 'gzip-bomb', '500', 'truncated'] as const)(
    '%s: BUSY with Retry-After, and the receipt says why',
    async (mode) => {
      bureau.issuer.setMode(mode);
      bureau.issuer.setRedirect(302, canary.url);
      const busy = await present(await bureau.goodToken());
      expect([busy.status, busy.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(Number(busy.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      const activity = await bureau.activity(busy.body.receipt);
      expect(activity.reason).toBe('issuer_keys_unavailable');
      expect(JSON.stringify(activity.checks)).toContain(bureau.issuer.url);
      expect(canary.hits()).toBe(0);
      bureau.issuer.setMode('ok');
      const { id } = await trustedIssuer();
      expect((await bureau.admin('POST', `/trusted-issuers/${id}/refresh`)).status).toBe(200);
      expect(await control()).toBe(200);
    },
  );
});

describe('A54 A56 keys that are gone', () => {
  beforeEach(open);
  afterEach(close);

  it('A54 a removed key is refused once an administrator forced a refresh', async () => {
    const old = bureau.issuer.keys[0];
    const token = await bureau.goodToken();
    expect((await present(token)).status).toBe(200);
    await bureau.issuer.rotate({ keepOld: false });
    expect(
      (
        await present(
          await bureau.issuer.signToken(
            { sub: registered.subject, aud: registered.audience },
            { kid: old?.kid },
            old,
          ),
        )
      ).status,
    ).toBe(200);
    const { id } = await trustedIssuer();
    expect((await bureau.admin('POST', `/trusted-issuers/${id}/refresh`)).status).toBe(200);
    expect((await present(token)).status).toBe(400);
    expect(await control()).toBe(200);
  });

  it('A56 the old key is refused at once after the JWKS URI was changed', async () => {
    const other = await createFakeIssuer();
    await bureau.close();
    bureau = await openTestBureau({ allow: [`${other.host}:${other.port}`] });
    const token = await bureau.goodToken();
    expect((await present(token)).status).toBe(200);
    const { id, etag } = await trustedIssuer();
    const patched = await bureau.admin(
      'PATCH',
      `/trusted-issuers/${id}`,
      { jwksUri: other.jwksUri },
      { 'if-match': etag },
    );
    expect(patched.status).toBe(200);
    expect((await present(token)).status).toBe(400);
    const [key] = other.keys;
    expect(
      (
        await present(
          await bureau.issuer.signToken(
            { sub: registered.subject, aud: registered.audience },
            { kid: key?.kid },
            key,
          ),
        )
      ).status,
    ).toBe(200);
    await other.close();
  });
});

describe('A114 nothing dangerous through the API', () => {
  beforeAll(open);
  afterAll(close);

  it.each([{ bearerTokenFile: '/etc/passwd' }, { caFile: '/etc/passwd' }, { bearerToken: 'x' }])(
    'A114 %j is no member of a trusted issuer',
    async (members) => {
      const body = { issuer: 'https://idp.example', jwksUri: 'https://idp.example/jwks', ...members };
      expect((await bureau.admin('POST', '/trusted-issuers', body)).status).toBe(422);
    },
  );
});
