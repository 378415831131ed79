import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doors, openTestBureau, type TestBureau } from '../support/test-bureau.ts';

describe('a trusted issuer that is down, and an administrator at work', () => {
  let bureau: TestBureau;
  beforeAll(async () => {
    bureau = await openTestBureau();
  });
  afterAll(() => bureau.close());

  const exchange = async () => (await bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {})).status;
  const patchIssuer = async (change: object) => {
    const { id } = (await bureau.admin('GET', '/trusted-issuers')).body.items[0];
    const current = await bureau.admin('GET', `/trusted-issuers/${id}`);
    return bureau.admin('PATCH', `/trusted-issuers/${id}`, change, {
      'if-match': current.headers.get('etag') ?? '',
    });
  };

  it('B20 known keys serve, and go on serving when anything but their source is edited', async () => {
    expect(await exchange()).toBe(200);
    bureau.issuer.setMode('500');
    expect((await patchIssuer({ staleIfErrorSeconds: 7200 })).status).toBe(200);
    expect(await exchange()).toBe(200);
  });

  it('A56 an edit of the JWKS URI drops the old keys at once: 503, for the token might be good', async () => {
    expect((await patchIssuer({ jwksUri: `${bureau.issuer.url}/moved.json` })).status).toBe(200);
    const answer = await bureau.token(doors[0]?.form(await bureau.goodToken()) ?? {});
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    bureau.issuer.setMode('ok');
    expect((await patchIssuer({ jwksUri: bureau.issuer.jwksUri })).status).toBe(200);
    expect(await exchange()).toBe(200);
  });
});
