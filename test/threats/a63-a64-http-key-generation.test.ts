// Making key pairs as a lever: bounded a minute and an account, and off the event loop.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors, openTestBureau, type TestBureau } from '../support/test-bureau.ts';
import { expectIssued } from '../support/token-answers.ts';

const base = { owningTeam: 'default', useCase: 'custom-api-integration' };

describe('A63 more key pairs than a minute allows', () => {
  const perMinute = 5;
  let bureau: BureauProcess;
  beforeAll(async () => {
    bureau = await startBureau({ environment: { BUREAU_KEY_GENERATION_RATE_LIMIT: String(perMinute) } });
  });
  afterAll(() => bureau.stop());

  it('A63 RATE for the excess, at each route, with the time to come back; what makes no pair goes on', async () => {
    const asked = 45;
    // An account for each, so that none has too many keys.
    const keyless: string[] = [];
    for (let index = 0; index < asked / 3; index += 1)
      keyless.push(
        (await bureau.admin('POST', '/service-accounts', { ...base, name: `keyless-${index}` })).body.id,
      );
    const ask = (index: number): Promise<Answer> =>
      index % 3 === 0
        ? bureau.admin('POST', `/service-accounts/${keyless[index / 3]}/keys`, { generate: 'ES256' })
        : index % 3 === 1
          ? bureau.admin('POST', '/tenants', { name: `tenant-${index}` })
          : bureau.admin('POST', '/service-accounts', {
              ...base,
              name: `made-${index}`,
              key: { generate: 'ES256' },
            });
    const answers = await Promise.all(Array.from({ length: asked }, (_unused, index) => ask(index)));
    const refused = answers.filter(({ status }) => status === 429);
    // A minute may end between the first and the last of them, once.
    const done = answers.filter(({ status }) => status === 201).length;
    expect(done).toBeGreaterThanOrEqual(perMinute);
    expect(done).toBeLessThanOrEqual(2 * perMinute);
    expect(refused.length).toBeGreaterThanOrEqual(asked - 2 * perMinute);
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({
        status: 429,
        code: 'rate_limited',
        detail: expect.stringContaining('Retry-After'),
      });
      expect(headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/);
      expect(body).not.toHaveProperty('credentials');
    }
    expect(done + refused.length).toBe(asked);
    expect((await bureau.admin('GET', `/service-accounts/${keyless[0]}/keys`)).status).toBe(200);
    await bureau.adminToken();
  });
});

describe('A63 the event loop', () => {
  let bureau: TestBureau;
  afterEach(() => bureau.close());

  it('A63 tokens are issued while many pairs are still being made', async () => {
    bureau = await openTestBureau({ configuration: { keyGenerationRateLimit: 'off' } });
    const pairs = 40;
    let finished = 0;
    const making = Array.from({ length: pairs }, async (_unused, index) => {
      const answer = await bureau.admin('POST', '/service-accounts', {
        ...base,
        name: `made-${index}`,
        key: { generate: 'RS256' },
      });
      finished += 1;
      return answer.status;
    });
    const administrator = ownKeyOf(bureau.credentials);
    for (let index = 0; index < 8; index += 1)
      for (const { form } of doors) {
        const token = form === doors[0]?.form ? await bureau.goodToken() : makeAssertion(administrator);
        expectIssued(await bureau.token(form(token)));
      }
    // In the time of two dozen tokens, one after the other, not even all of the pairs were made.
    expect(finished).toBeLessThan(pairs);
    expect(await Promise.all(making)).toEqual(Array.from({ length: pairs }, () => 201));
  }, 60_000);
});

describe('A64 too many keys', () => {
  let bureau: TestBureau;
  beforeAll(async () => {
    bureau = await openTestBureau();
  });
  afterAll(() => bureau.close());

  it('A64 six in turn, and ten at once: five', async () => {
    for (const name of ['in-turn', 'at-once']) {
      const created = await bureau.admin('POST', '/service-accounts', {
        ...base,
        name,
        key: { generate: 'ES256' },
      });
      const path = `/service-accounts/${created.body.id}/keys`;
      const ask = () => bureau.admin('POST', path, { generate: 'Ed25519' });
      const answers: Answer[] = [];
      if (name === 'in-turn') for (let index = 0; index < 6; index += 1) answers.push(await ask());
      else answers.push(...(await Promise.all(Array.from({ length: 10 }, ask))));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
      for (const { status, body } of answers.filter((answer) => answer.status !== 201))
        expect([status, body.code]).toEqual([409, 'too_many_keys']);
      const { items } = (await bureau.admin('GET', path)).body;
      expect(items).toHaveLength(5);
      // Every one of the five signs in without a kid, and so a request costs five verifications at most.
      const { credentials } = created.body;
      for (const { form } of doors.slice(1))
        expectIssued(await bureau.token(form(makeAssertion(ownKeyOf(credentials), {}, { kid: undefined }))));
    }
  });
});
