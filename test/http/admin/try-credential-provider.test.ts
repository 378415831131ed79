// What verify says of a credential provider, beside what issuing does with the same.
import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../support/bureau-process.ts';
import {
  kubernetesSubject,
  namespaceClaims,
  openSvidBureau,
  readSvid,
  type SvidBureau,
} from '../../support/svid-bureau.ts';
import { payload } from '../../support/svid-samples.ts';
import { urn } from '../../support/test-bureau.ts';
import { expectRefused, reasonBehind } from '../../support/token-answers.ts';

type Members = Readonly<Record<string, unknown>>;
interface WireCheck {
  readonly check: string;
  readonly presented: string;
  readonly ok: boolean;
  readonly hint?: string;
}

let bureau: SvidBureau;
beforeAll(async () => {
  bureau = await openSvidBureau({
    environment: { CLUSTER_NAME: 'prod-eu-1' },
    configuration: { templateEnv: ['CLUSTER_NAME', 'NOT_SET'] },
  });
});
afterAll(() => bureau.close());

const provide = async (members: Members = {}): Promise<Answer['body']> => {
  const answer = await bureau.createProvider(members);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};
const verify = async (id: string, sample: Members): Promise<Answer['body']> =>
  (await bureau.admin('POST', `/credential-providers/${id}/verify`, sample)).body;
const checksOf = (body: Answer['body']): readonly WireCheck[] => body.checks;
const failuresOf = (body: Answer['body']): readonly string[] =>
  checksOf(body)
    .filter(({ ok }) => !ok)
    .map(({ check }) => check);
const goodToken = (claims: Members = {}) =>
  bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims, ...claims });
const exchange = (token: string, form: Readonly<Record<string, string>>): Promise<Answer> =>
  bureau.token({
    grant_type: urn.tokenExchange,
    subject_token: token,
    subject_token_type: urn.jwt,
    requested_token_type: urn.jwt,
    ...form,
  });

describe('A80 another provider of the account for the same audience', () => {
  it('A80 is told with what to do, and is no fault: asked for by name it works, by audience it is refused', async () => {
    const audience = 'shared.example.com';
    const alone = await provide({ audience });
    const before = await verify(alone.id, { token: await goodToken() });
    expect(checksOf(before).find(({ check }) => check === 'request.audience')).toMatchObject({
      presented: 'none',
      ok: true,
    });
    expect((await exchange(await goodToken(), { audience })).status).toBe(200);

    const other = await provide({ audience });
    const unbound = await provide({ audience, serviceAccounts: [] });
    const after = await verify(alone.id, { token: await goodToken() });
    expect(after.ok).toBe(true);
    const noted = checksOf(after).find(({ check }) => check === 'request.audience');
    expect(noted).toMatchObject({
      presented: other.name,
      ok: true,
      hint: expect.stringMatching(/ambiguous.*credential_provider/),
    });
    expect(noted?.presented).not.toContain(unbound.name);
    const refused = await exchange(await goodToken(), { audience });
    expectRefused(refused, 400, 'invalid_request');
    expect(await reasonBehind(bureau, refused)).toBe('credential_provider_ambiguous');
    expect((await exchange(await goodToken(), { credential_provider: alone.name })).status).toBe(200);
  });
});

describe('CA-14 a token that may be used once', () => {
  const setReplay = async (replay: string) => {
    const { body } = await bureau.admin('GET', '/trusted-issuers?limit=100');
    const { id } = body.items.find(({ issuer }: { issuer: string }) => issuer === bureau.issuer.issuer);
    const changed = await bureau.admin('PATCH', `/trusted-issuers/${id}`, { replay }, { 'if-match': '*' });
    expect(changed.status).toBe(200);
  };

  it('CA-14 is good however often it is verified, and refused once it was exchanged', async () => {
    const { id, name } = await provide();
    await setReplay('single-use');
    const token = await goodToken({ jti: 'verified-and-used' });
    for (let round = 0; round < 3; round += 1)
      expect([round, (await verify(id, { token })).ok]).toEqual([round, true]);
    expect((await exchange(token, { credential_provider: name })).status).toBe(200);

    const spent = await verify(id, { token });
    expect(spent).toMatchObject({ ok: false, header: null, claims: null });
    expect(failuresOf(spent)).toEqual(['jti.unused']);
    const again = await exchange(token, { credential_provider: name });
    expect(await reasonBehind(bureau, again)).toBe('replayed');
    expect((await verify(id, { token: await goodToken({ jti: 'another' }) })).ok).toBe(true);
    await setReplay('reusable');
    expect((await verify(id, { token })).ok).toBe(true);
  });
});

describe('SV-13 an account that is capped to the presented token', () => {
  const cap = async (capToSubjectExpiry: boolean) => {
    const path = `/service-accounts/${bureau.account.id}`;
    const changed = await bureau.admin('PATCH', path, { capToSubjectExpiry }, { 'if-match': '*' });
    expect(changed.status).toBe(200);
  };
  const lifetimeOf = ({ claims }: Answer['body']): number => claims.exp - claims.iat;

  it('SV-13 shortens what sample claims would get, as it does what a token gets', async () => {
    const { id, name } = await provide({ lifetimeMinutes: 15 });
    const claims = () => ({
      sub: kubernetesSubject,
      ...namespaceClaims,
      exp: Math.floor(Date.now() / 1000) + 100,
    });
    expect(lifetimeOf(await verify(id, { claims: claims() }))).toBe(900);
    await cap(true);
    const capped = lifetimeOf(await verify(id, { claims: claims() }));
    expect(capped).toBeLessThanOrEqual(100);
    expect(capped).toBeGreaterThan(50);
    const issued = readSvid(await exchange(await goodToken(claims()), { credential_provider: name })).claims;
    expect(Number(issued['exp']) - Number(issued['iat'])).toBeLessThanOrEqual(100);
    const dead = await verify(id, { claims: { ...claims(), exp: 1 } });
    expect([dead.ok, failuresOf(dead)]).toEqual([false, ['svid.lifetime']]);
    await cap(false);
  });
});

describe('A77 a variable that the operator listed and this process does not have', () => {
  const fromEnvironment = (name: string) => ({
    claims: [{ name: 'cluster', type: 'dynamic', value: `\${os.environment.${name}}` }],
  });

  it('A77 can be saved; to issue by it is refused until there is a value', async () => {
    const { id, name } = await provide(fromEnvironment('NOT_SET'));
    const refused = await exchange(await goodToken(), { credential_provider: name });
    expect(await reasonBehind(bureau, refused)).toBe('svid_value_missing');
    expect(failuresOf(await verify(id, { token: await goodToken() }))).toEqual(['svid.claims.cluster']);
    const changed = await bureau.admin(
      'PATCH',
      `/credential-providers/${id}`,
      { description: 'changed beside it' },
      { 'if-match': '*' },
    );
    expect(changed.status).toBe(200);

    const set = await provide(fromEnvironment('CLUSTER_NAME'));
    const issued = await exchange(await goodToken(), { credential_provider: set.name });
    expect(readSvid(issued).claims).toMatchObject({ cluster: 'prod-eu-1' });
    expect((await bureau.createProvider(fromEnvironment('HOME'))).status).toBe(422);
  });
});

describe('A78 a number that JSON would change', () => {
  it.each([
    ['beyond the range', '1e400'],
    ['beyond the range, nested', '{"a":[1e999]}'],
    ['beyond 2^53', '12345678901234567890'],
    ['beyond 2^53, nested', '[9007199254740993]'],
  ])('A78 %s is refused where it is issued and where it is verified', async (_title, n) => {
    const { id, name } = await provide({ claims: [{ name: 'n', type: 'dynamic', value: payload('n') }] });
    const token = await signText(
      JSON.stringify({ ...claimsOf(await goodToken()), n: '@' }).replace('"@"', n),
    );
    const refused = await exchange(token, { credential_provider: name });
    expectRefused(refused, 400, 'invalid_request');
    expect(await reasonBehind(bureau, refused)).toBe('svid_claim_invalid');
    expect(failuresOf(await verify(id, { token }))).toEqual(['svid.claims.n']);

    const exact = await exchange(await goodToken({ n: { a: [9007199254740991] } }), {
      credential_provider: name,
    });
    expect(readSvid(exact).claims).toMatchObject({ n: { a: [9007199254740991] } });
  });

  const claimsOf = (token: string): Members =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Members;
  /** Signs the very text: no program of JavaScript would write such numbers. */
  const signText = (text: string): Promise<string> => {
    const key = bureau.issuer.keys.at(-1);
    if (key === undefined) throw new Error('the issuer has no key');
    return new CompactSign(Buffer.from(text))
      .setProtectedHeader({ alg: key.algorithm, kid: key.kid })
      .sign(key.privateKey);
  };

  it('A78 a literal of that kind is 422 with the place', async () => {
    const refused = await bureau.createProvider({
      claims: [{ name: 'n', type: 'literal', value: 9007199254740992 }],
    });
    expect([refused.status, refused.body.errors[0].path]).toEqual([422, '/claims/0/value']);
    expect((await bureau.createProvider({ claims: [{ name: 'n', type: 'literal', value: 5 }] })).status).toBe(
      201,
    );
  });
});
