// JWT-SVIDs over HTTP: what a hostile token or an administrator's slip could put into an identity, each beside its control.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { faultsOfJwtSvid } from '../support/check-jwt-svid.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import {
  kubernetesSubject,
  namespaceClaims,
  openSvidBureau,
  readSvid,
  type SvidBureau,
} from '../support/svid-bureau.ts';
import { payload, protectedNames } from '../support/svid-samples.ts';
import { doors, urn } from '../support/test-bureau.ts';
import { expectRefused, reasonBehind } from '../support/token-answers.ts';

type Members = Readonly<Record<string, unknown>>;

let bureau: SvidBureau;
beforeAll(async () => {
  bureau = await openSvidBureau();
});
afterAll(() => bureau.close());

/** Makes a provider and gives the audience to ask for. */
const provide = async (members: Members): Promise<string> => {
  const answer = await bureau.createProvider(members);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.audience as string;
};
const dynamic = (value: string) => ({ subject: { type: 'dynamic', value } });
const claimFrom = (value: string) => ({ claims: [{ name: 'x', type: 'dynamic', value }] });

const expectSvid = (answer: Answer): void =>
  expect(answer).toMatchObject({
    status: 200,
    body: { token_type: 'N_A', scope: '', issued_token_type: urn.jwt },
  });

/** The refusal of a token at every door, with its reason and nothing of a token. */
const expectRefusedAtEveryDoor = async (audience: string, claims: Members, reason: string): Promise<void> => {
  for (const { form, badToken } of doors) {
    const token = await bureau.goodToken({ sub: kubernetesSubject, ...claims });
    const answer = await bureau.token({ ...form(token), requested_token_type: urn.jwt, audience });
    expectRefused(answer, 400, badToken);
    expect(await reasonBehind(bureau, answer)).toBe(reason);
  }
};

describe('A74 a claim value is evaluated again', () => {
  const values = [
    '${sub}',
    '$${sub}',
    '${env.HOME}',
    '${os.environment.CLUSTER_NAME}',
    '{{7*7}}',
    '<%= 1 %>',
    '\\u0024{sub}',
    '\\${sub}',
    '$(id)',
  ];
  let inClaim: string;
  let inText: string;
  let inPath: string;
  beforeAll(async () => {
    inClaim = await provide(claimFrom(payload('x')));
    inText = await provide(claimFrom(`$<${payload('x')}>`));
    inPath = await provide(dynamic(`spiffe://example.com/${payload('x')}`));
  });
  it.each(values)('A74 %s is literal text in a claim, and refused in the path', async (x) => {
    const alone = await bureau.svid({ audience: inClaim }, { ...namespaceClaims, x });
    expectSvid(alone);
    expect(readSvid(alone).claims['x']).toBe(x);
    expect(readSvid(await bureau.svid({ audience: inText }, { ...namespaceClaims, x })).claims['x']).toBe(
      `$<${x}>`,
    );
    await expectRefusedAtEveryDoor(inPath, { x }, 'svid_subject_invalid');
    expectSvid(await bureau.svid({ audience: inPath }, { x: 'plain' }));
  });
});

describe('A75 path injection into the SPIFFE ID', () => {
  let audience: string;
  beforeAll(async () => {
    audience = await provide(dynamic(`spiffe://example.com/ns/${payload('x')}/sa/api`));
  });
  it.each(['../admin', 'a/b', 'a//b', '.', '..', '', '%2e%2e', 'a?b', 'a#b', 'ä', 'a b', 'a\u007f'])(
    'A75 SUB for %j, at every door',
    async (x) => {
      await expectRefusedAtEveryDoor(audience, { x }, 'svid_subject_invalid');
      const control = await bureau.svid({ audience }, { x: 'prod' });
      expectSvid(control);
      expect(readSvid(control).claims['sub']).toBe('spiffe://example.com/ns/prod/sa/api');
    },
  );
  it('A75 of all 256 code points only those of a segment get in, as they are', async () => {
    for (let code = 0; code < 256; code += 1) {
      const x = `a${String.fromCodePoint(code)}`;
      const answer = await bureau.svid({ audience }, { x });
      expect([code, answer.status]).toEqual([code, /^[A-Za-z0-9._-]+$/.test(x) ? 200 : 400]);
      if (answer.status === 200)
        expect(readSvid(answer).claims['sub']).toBe(`spiffe://example.com/ns/${x}/sa/api`);
    }
  });
});

describe('A76 a template overrides protected claims', () => {
  it.each(
    protectedNames.flatMap((name) => [name, name.toUpperCase(), `${name[0]?.toUpperCase()}${name.slice(1)}`]),
  )('A76 A422 for a claim %s', async (name) => {
    for (const claim of [
      { name, type: 'literal', value: 'x' },
      { name, type: 'dynamic', value: payload('x') },
    ]) {
      const answer = await bureau.createProvider({ claims: [claim] });
      expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([422, '/claims/0/name']);
    }
    expect((await bureau.createProvider(claimFrom(payload('x')))).status).toBe(201);
  });
  it('A76 claims of the presented token that are called like ours change nothing of ours', async () => {
    const audience = await provide(claimFrom(payload('scope')));
    const answer = await bureau.svid(
      { audience },
      { ...namespaceClaims, scope: 'admin', cnf_: {}, client_id: 'x', act: { sub: 'x' } },
    );
    const { claims } = readSvid(answer);
    expect(Object.keys(claims)).toEqual(['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'x']);
    expect([claims['aud'], claims['x']]).toEqual([[audience], 'admin']);
  });
});

describe('A77 a template reaches program objects', () => {
  it.each([
    '${__proto__}',
    '${constructor.constructor}',
    '${toString}',
    '${process.env.X}',
    "${a['b']}",
    '${a[0]}',
    '${',
    '${}',
    '${a${b}}',
    payload('__proto__.x'),
    payload('constructor'),
  ])('A77 A422 for %s in a subject and in a claim', async (text) => {
    for (const [members, path, position] of [
      [dynamic(`spiffe://example.com/${text}`), '/subject/value', 21],
      [claimFrom(`ab${text}`), '/claims/0/value', 2],
    ] as const) {
      const answer = await bureau.createProvider(members);
      expect([answer.status, answer.body.errors?.map((each: { path: string }) => each.path)]).toEqual([
        422,
        [path],
      ]);
      expect(answer.body.errors[0].message).toMatch(new RegExp(`^At position ${position}: `));
    }
  });
  it.each(['toString', 'valueOf', 'hasOwnProperty', 'missing', 'sub.length'])(
    'A77 SUB where %s is no member of the verified claims',
    async (name) => {
      const audience = await provide(claimFrom(payload(name)));
      await expectRefusedAtEveryDoor(audience, namespaceClaims, 'svid_value_missing');
      if (name !== 'sub.length')
        expectSvid(await bureau.svid({ audience }, { ...namespaceClaims, [name]: 'own' }));
    },
  );
  it('A77 SUB for a claim where the account came with a key of its own, and so has none', async () => {
    const bound = { serviceAccounts: [bureau.credentials.serviceAccountId] };
    const ask = async (audience: string) =>
      bureau.token({
        grant_type: 'client_credentials',
        client_assertion_type: urn.assertionType,
        client_assertion: makeAssertion(ownKeyOf(bureau.credentials)),
        requested_token_type: urn.jwt,
        audience,
      });
    const refused = await ask(await provide({ ...bound, ...dynamic('spiffe://example.com/${namespace}') }));
    expectRefused(refused, 400, 'invalid_client');
    expect(await reasonBehind(bureau, refused)).toBe('svid_value_missing');
    const answer = await ask(await provide({ ...bound, ...dynamic('spiffe://example.com/${account.team}') }));
    expectSvid(answer);
    expect(readSvid(answer).claims['sub']).toBe('spiffe://example.com/default');
  });
});

describe('A78 types and sizes', () => {
  let inPath: string;
  let inClaim: string;
  beforeAll(async () => {
    inPath = await provide(dynamic(`spiffe://example.com/${payload('x')}`));
    inClaim = await provide(claimFrom(payload('x')));
  });
  it.each<readonly [string, unknown, string]>([
    ['a number', 1, 'svid_subject_invalid'],
    ['a boolean', true, 'svid_subject_invalid'],
    ['a list', ['a'], 'svid_subject_invalid'],
    ['an object', { a: 1 }, 'svid_subject_invalid'],
    ['null', null, 'svid_value_missing'],
  ])('A78 %s: SUB in the path, its typed copy in a claim', async (_title, x, reason) => {
    await expectRefusedAtEveryDoor(inPath, { x }, reason);
    const answer = await bureau.svid({ audience: inClaim }, { ...namespaceClaims, x });
    if (x === null) expectRefused(answer, 400, 'invalid_request');
    else expect(readSvid(answer).claims['x']).toEqual(x);
  });
  it('A78 an ID of 2048 bytes is issued, one of 2049 is SUB, and so is a token that is too large', async () => {
    const room = 2048 - 'spiffe://example.com/'.length;
    expectSvid(await bureau.svid({ audience: inPath }, { x: 'a'.repeat(room) }));
    await expectRefusedAtEveryDoor(inPath, { x: 'a'.repeat(room + 1) }, 'svid_subject_invalid');
    await expectRefusedAtEveryDoor(inClaim, { ...namespaceClaims, x: 'a'.repeat(7000) }, 'svid_too_large');
    await expectRefusedAtEveryDoor(inClaim, { ...namespaceClaims, x: 'a'.repeat(20_000) }, 'token_too_large');
    expectSvid(await bureau.svid({ audience: inClaim }, { ...namespaceClaims, x: 'a'.repeat(5000) }));
  });
});

describe('A79 two inputs, one identity', () => {
  it('A79 the pairs of the row are refused, and others get two IDs', async () => {
    const audience = await provide(dynamic(`spiffe://example.com/${payload('a')}-${payload('b')}`));
    await expectRefusedAtEveryDoor(audience, { a: 'x-y', b: 'z' }, 'svid_subject_invalid');
    await expectRefusedAtEveryDoor(audience, { a: 'x', b: 'y-z' }, 'svid_subject_invalid');
    const made = await Promise.all(
      [
        ['xy', 'z'],
        ['x', 'yz'],
      ].map(async ([a, b]) => readSvid(await bureau.svid({ audience }, { a, b })).claims['sub']),
    );
    expect(made).toEqual(['spiffe://example.com/xy-z', 'spiffe://example.com/x-yz']);
  });
  it('A79 A422 where nothing is between two variables', async () => {
    const answer = await bureau.createProvider(
      dynamic(`spiffe://example.com/${payload('a')}${payload('b')}`),
    );
    expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([422, '/subject/value']);
  });
});

describe('A80 a JWT-SVID that is not conformant', () => {
  it('A80 REQ without an audience, at every door', async () => {
    await provide({});
    for (const { form } of doors) {
      const token = await bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims });
      const answer = await bureau.token({ ...form(token), requested_token_type: urn.jwt });
      expectRefused(answer, 400, 'invalid_request');
      expect(await reasonBehind(bureau, answer)).toBe('svid_target_missing');
    }
  });
  it('A80 is conformant at every door', async () => {
    const audience = await provide({});
    for (const { form } of doors) {
      const token = await bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims });
      const answer = await bureau.token({ ...form(token), requested_token_type: urn.jwt, audience });
      expectSvid(answer);
      expect(
        faultsOfJwtSvid(answer.body.access_token, {
          bundle: await bureau.bundle(),
          trustDomain: 'example.com',
          audience,
        }),
      ).toEqual([]);
    }
  });
});

describe('A81 trust-domain crossing', () => {
  it.each([
    'spiffe://other.example/a',
    'spiffe://EXAMPLE.com/a',
    'spiffe://example.com.evil/a',
    'spiffe://evil@example.com/a',
    'spiffe://example.com:443/a',
    'SPIFFE://example.com/a',
  ])('A81 A422 for a subject %s', async (value) => {
    for (const type of ['literal', 'dynamic']) {
      const answer = await bureau.createProvider({ subject: { type, value } });
      expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([422, '/subject/value']);
    }
    expect(
      (await bureau.createProvider({ subject: { type: 'literal', value: 'spiffe://example.com/a' } })).status,
    ).toBe(201);
  });
  it('A81 A422 for a variable where the trust domain stands', async () => {
    const answer = await bureau.createProvider(dynamic(`spiffe://${payload('td')}/a`));
    expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([422, '/subject/value']);
  });
  it('A81 no parameter of a request names a trust domain, a subject or a life', async () => {
    const audience = await provide(dynamic('spiffe://example.com/ns/${namespace}'));
    const answer = await bureau.svid({
      audience,
      trust_domain: 'evil.example',
      sub: 'spiffe://evil.example/a',
      spiffe_id: 'x',
      lifetime: '9999',
    });
    expectSvid(answer);
    const { claims } = readSvid(answer);
    expect([claims['sub'], Number(claims['exp']) - Number(claims['iat'])]).toEqual([
      'spiffe://example.com/ns/prod',
      900,
    ]);
  });
  it('A81 REQ for the audience, or the provider, of another tenant or of no account of ours', async () => {
    const unbound = await bureau.createProvider({ serviceAccounts: [] });
    const byAudience = await bureau.svid({ audience: unbound.body.audience });
    expectRefused(byAudience, 400, 'invalid_target');
    const byName = await bureau.svid({ credential_provider: unbound.body.name });
    expectRefused(byName, 400, 'invalid_request');
    expect(await reasonBehind(bureau, byName)).toBe('credential_provider_unknown');
  });
  it('A81 a path of another tenant issues for nobody of ours', async () => {
    const audience = await provide({});
    const token = await bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims });
    const form = {
      grant_type: urn.tokenExchange,
      subject_token: token,
      subject_token_type: urn.jwt,
      requested_token_type: urn.jwt,
      audience,
    };
    expect((await bureau.admin('POST', '/tenants', { name: 'acme' })).status).toBe(201);
    const crossed = await bureau.token(form, { url: '/t/acme/token' });
    expectRefused(crossed, 400, 'invalid_request');
    expectSvid(await bureau.token(form));
  });
});
