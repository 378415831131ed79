// A flood of forged tokens of a registered issuer: each refusal has its activity, and not each one all that was presented.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullStories } from '../../src/token/evidence-budget.ts';
import { openTestBureau, type TestBureau, urn } from '../support/test-bureau.ts';

let bureau: TestBureau;
beforeAll(async () => {
  bureau = await openTestBureau();
}, 60_000);
afterAll(() => bureau.close());

const exchange = (token: string) => ({
  grant_type: urn.tokenExchange,
  subject_token: token,
  subject_token_type: urn.jwt,
});

/** The receipt of a refusal. */
const refuse = async (token: string, remoteAddress = '192.0.2.1'): Promise<string> => {
  const { body } = await bureau.token(exchange(token), { remoteAddress });
  return body.receipt;
};

const forge = async (): Promise<string> => {
  const [header, claims] = (await bureau.goodToken()).split('.');
  const [, , signature] = (await bureau.goodToken({ sub: 'other' })).split('.');
  return [header, claims, signature].join('.');
};

describe('A36 a flood of forged tokens', () => {
  it('leaves an activity of each: of the first with all that was presented, of the others why, and that the rest was left out', async () => {
    const forged = await forge();
    const receipts: string[] = [];
    const batch = 50;
    while (receipts.length < fullStories.perNetwork + batch)
      receipts.push(...(await Promise.all(Array.from({ length: batch }, () => refuse(forged)))));
    expect(new Set(receipts).size).toBe(receipts.length);

    const first = await bureau.activity(receipts[0] ?? '');
    expect(first).toMatchObject({ reason: 'signature_invalid', details: null });
    expect(first.presented).toMatchObject([{ claims: { iss: bureau.issuer.issuer }, verified: false }]);
    expect(first.parameters).toMatchObject({ grant_type: urn.tokenExchange });

    const last = await bureau.activity(receipts.at(-1) ?? '');
    expect(last).toMatchObject({
      reason: 'signature_invalid',
      issuer: bureau.issuer.issuer,
      subject: first.subject,
      sourceAddress: '192.0.2.1',
      tokenHash: first.tokenHash,
      parameters: null,
      presented: [],
      details: { leftOut: expect.any(String), because: expect.stringContaining('1200 refusals a minute') },
    });
    expect(last.checks).toEqual([first.checks.at(-1)]);
    expect(last.checks).toMatchObject([{ check: 'signature', ok: false }]);
    expect(last.explanation).toMatchObject({ summary: first.explanation.summary });
  }, 60_000);

  it('takes nothing from another network, from what is signed, nor from what is issued', async () => {
    const forged = await forge();
    const others = await bureau.activity(await refuse(forged, '192.0.2.2'));
    expect(others.presented).toMatchObject([{ verified: false }]);

    const signed = await bureau.activity(await refuse(await bureau.goodToken({ sub: 'nobody' })));
    expect(signed.presented).toMatchObject([{ claims: { sub: 'nobody' }, verified: true }]);
    expect(signed.details).toBeNull();

    const { status } = await bureau.token(exchange(await bureau.goodToken()), { remoteAddress: '192.0.2.1' });
    expect(status).toBe(200);

    const again = await bureau.activity(await refuse(forged));
    expect(again.presented).toEqual([]);
  }, 60_000);
});
