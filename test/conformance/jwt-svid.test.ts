// The rows of SPIFFE IDs, JWT-SVIDs and bundles that concern what is issued here, over HTTP.
import fc from 'fast-check';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/bureau-process.ts';
import { faultsOfJwtSvid } from '../support/check-jwt-svid.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { readSpiffeId } from '../support/read-spiffe-id.ts';
import {
  kubernetesSubject,
  namespaceClaims,
  openSvidBureau,
  readSvid,
  type SvidBureau,
} from '../support/svid-bureau.ts';
import { contractExample, payload, protectedNames } from '../support/svid-samples.ts';
import { doors, urn } from '../support/test-bureau.ts';
import { expectIssued, expectRefused, reasonBehind } from '../support/token-answers.ts';

type Members = Readonly<Record<string, unknown>>;
type Jwks = { readonly keys: readonly Members[] };

let bureau: SvidBureau;
let origin: string;
beforeAll(async () => {
  bureau = await openSvidBureau();
  origin = await bureau.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => bureau.close());

const now = (): number => Math.floor(Date.now() / 1000);
const published = async (path: string): Promise<Jwks> =>
  (await bureau.inject({ method: 'GET', url: path })).body as Jwks;
const provide = async (members: Members = {}): Promise<Answer['body']> => {
  const answer = await bureau.createProvider(members);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};
const issuer = (): string => `${bureau.baseIssuer}/spiffe`;

describe('the example of contract §5, to the letter', () => {
  it('SV-01 SV-06 SV-11 is saved, issues and verifies', async () => {
    const made = await bureau.admin('POST', '/credential-providers', {
      ...contractExample,
      serviceAccounts: [bureau.account.id],
    });
    expect([made.status, made.body]).toMatchObject([
      201,
      { ...contractExample, serviceAccounts: [bureau.account.id] },
    ]);
    const subject_token = await bureau.goodToken({
      sub: 'system:serviceaccount:prod:api',
      namespace: 'prod',
    });
    const answer = await bureau.token({
      grant_type: urn.tokenExchange,
      subject_token,
      subject_token_type: urn.jwt,
      requested_token_type: urn.jwt,
      audience: 'my-service.example.com',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'N_A',
      expires_in: 900,
      scope: '',
      issued_token_type: urn.jwt,
    });
    const { header, claims } = readSvid(answer);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) });
    expect(claims).toEqual({
      iss: issuer(),
      sub: 'spiffe://example.com/ns/prod/sa/api',
      aud: ['my-service.example.com'],
      iat: expect.any(Number),
      exp: Number(claims['iat']) + 900,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      environment: 'production',
      cluster: 'prod-eu-1',
    });
  });
});

describe('a JWT-SVID', () => {
  let provider: Answer['body'];
  beforeAll(async () => {
    provider = await provide();
  });

  it.each(doors)(
    'TX-10 TX-12 SV-06 is had at the door of $name, compact, N_A and without a scope',
    async ({ form }) => {
      const token = await bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims });
      for (const target of [
        { audience: provider.audience },
        { resource: provider.audience },
        { credential_provider: provider.name },
      ] as Record<string, string>[]) {
        const answer = await bureau.token({
          ...form(token),
          requested_token_type: urn.jwt,
          scope: 'certificates:read',
          ...target,
        });
        expect(answer).toMatchObject({
          status: 200,
          body: { token_type: 'N_A', scope: '', issued_token_type: urn.jwt },
        });
        expect(answer.body.access_token.split('.')).toHaveLength(3);
      }
    },
  );
  it('SV-06 is had with an own key at both doors that take one', async () => {
    const { audience } = await provide({
      serviceAccounts: [bureau.credentials.serviceAccountId],
      subject: { type: 'literal', value: 'spiffe://example.com/admin' },
    });
    for (const { form } of doors.slice(1)) {
      const assertion = makeAssertion(ownKeyOf(bureau.credentials));
      const answer = await bureau.token({ ...form(assertion), requested_token_type: urn.jwt, audience });
      expect([answer.status, readSvid(answer).claims['sub']]).toEqual([200, 'spiffe://example.com/admin']);
    }
  });
  it.each(['RS256', 'ES256'])(
    'SV-07 SV-08 SV-09 SV-10 has alg %s, typ JWT and a kid of the bundle, and nothing else, in its header',
    async (algorithm) => {
      const { audience } = await provide({ algorithm });
      const { header } = readSvid(await bureau.svid({ audience }));
      expect(header).toEqual({ alg: algorithm, typ: 'JWT', kid: expect.any(String) });
      expect((await bureau.bundle()).keys.map((key) => key['kid'])).toContain(header['kid']);
    },
  );
  it.each(['Ed25519', 'EdDSA', 'HS256', 'none', 'PS256', 'es256'])(
    'SV-07 is never signed with %s',
    async (algorithm) => {
      const answer = await bureau.createProvider({ algorithm });
      expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([422, '/algorithm']);
    },
  );
  it('SV-09 SV-15 is one token, an access token another: other keys, other issuer, other type', async () => {
    const svid = readSvid(await bureau.svid({ audience: provider.audience }));
    const access = await bureau.token({
      grant_type: urn.tokenExchange,
      subject_token: await bureau.goodToken({ sub: kubernetesSubject }),
      subject_token_type: urn.jwt,
    });
    expectIssued(access);
    const other = readSvid(access);
    expect([other.header['typ'], svid.header['typ']]).toEqual(['at+jwt', 'JWT']);
    expect([other.claims['iss'], svid.claims['iss']]).toEqual([
      bureau.baseIssuer,
      `${bureau.baseIssuer}/spiffe`,
    ]);
    const ownKids = (await published('/.well-known/jwks.json')).keys.map((key) => key['kid']);
    const svidKids = (await published('/spiffe/.well-known/jwks.json')).keys.map((key) => key['kid']);
    expect(ownKids.filter((kid) => svidKids.includes(kid))).toEqual([]);
    expect([ownKids.includes(other.header['kid']), svidKids.includes(svid.header['kid'])]).toEqual([
      true,
      true,
    ]);
  });
  it('SV-09 is no access token at the admin API, and nothing to exchange for one', async () => {
    const { access_token: svid } = (await bureau.svid({ audience: provider.audience })).body;
    const api = await bureau.inject({
      method: 'GET',
      url: '/api/v1/teams',
      headers: { authorization: `Bearer ${svid}` },
    });
    expect(api.status).toBe(401);
    for (const { form, badToken } of doors) expectRefused(await bureau.token(form(svid)), 400, badToken);
  });
  it('SV-12 is for one audience, in a list: asked for one of none, or two, it is refused', async () => {
    expect(readSvid(await bureau.svid({ audience: provider.audience })).claims['aud']).toEqual([
      provider.audience,
    ]);
    expectRefused(await bureau.svid({}), 400, 'invalid_request');
    expectRefused(await bureau.svid({ audience: 'nobody.example.com' }), 400, 'invalid_target');
    expectRefused(
      await bureau.svid({ audience: provider.audience, resource: 'https://b.example' }),
      400,
      'invalid_target',
    );
    expectRefused(
      await bureau.svid({ audience: provider.audience, credential_provider: 'nobody' }),
      400,
      'invalid_request',
    );
  });
  it.each([1, 15, 60])('SV-13 lives %d min in whole seconds', async (lifetimeMinutes) => {
    const { audience } = await provide({ lifetimeMinutes });
    const answer = await bureau.svid({ audience });
    const { iat, exp } = readSvid(answer).claims as { readonly iat: number; readonly exp: number };
    expect([Number.isInteger(iat), Number.isInteger(exp), exp - iat]).toEqual([
      true,
      true,
      lifetimeMinutes * 60,
    ]);
    expect(Math.abs(iat - now())).toBeLessThanOrEqual(5);
    expect(answer.body.expires_in).toBe(lifetimeMinutes * 60);
  });
  it('SV-13 lives no longer than the exchanged token where the account says so', async () => {
    const patch = (capToSubjectExpiry: boolean) =>
      bureau.admin(
        'PATCH',
        `/service-accounts/${bureau.account.id}`,
        { capToSubjectExpiry },
        { 'if-match': '*' },
      );
    expect((await patch(true)).status).toBe(200);
    const answer = await bureau.svid(
      { audience: provider.audience },
      { ...namespaceClaims, exp: now() + 120 },
    );
    await patch(false);
    expect(answer.body.expires_in).toBeLessThanOrEqual(120);
    const after = await bureau.svid(
      { audience: provider.audience },
      { ...namespaceClaims, exp: now() + 120 },
    );
    expect(after.body.expires_in).toBe(900);
  });
  it('SV-14 has iat, iss and a jti of its own', async () => {
    const ids = new Set<unknown>();
    for (let count = 0; count < 20; count += 1) {
      const { claims } = readSvid(await bureau.svid({ audience: provider.audience }));
      expect(claims).toMatchObject({ iss: issuer(), iat: expect.any(Number) });
      ids.add(claims['jti']);
    }
    expect(ids.size).toBe(20);
  });
  it('SV-14 SV-15 verifies with the keys its issuer publishes, by OpenID discovery too', async () => {
    const discovery = (
      await bureau.inject({ method: 'GET', url: '/spiffe/.well-known/openid-configuration' })
    ).body;
    expect(discovery.issuer).toBe(issuer());
    const keys = createRemoteJWKSet(new URL(discovery.jwks_uri.replace(bureau.baseIssuer, origin)));
    const { access_token: svid } = (await bureau.svid({ audience: provider.audience })).body;
    const { payload: claims } = await jwtVerify(svid, keys, {
      issuer: issuer(),
      audience: provider.audience,
      typ: 'JWT',
      requiredClaims: ['jti', 'iat'],
    });
    expect(claims.sub).toBe('spiffe://example.com/ns/prod/sa/api');
    const wrong = createRemoteJWKSet(new URL(`${origin}/.well-known/jwks.json`));
    await expect(jwtVerify(svid, wrong, { issuer: issuer() })).rejects.toThrow('no applicable key');
  });
});

describe('what decides about a JWT-SVID', () => {
  it('RS-05 a scope that is malformed is invalid_scope; a strict tenant refuses any', async () => {
    const { audience } = await provide();
    expectRefused(await bureau.svid({ audience, scope: 'a  b' }), 400, 'invalid_scope');
    const strict = (strictScopes: boolean) =>
      bureau.admin('PATCH', '/settings', { strictScopes }, { 'if-match': '*' });
    await strict(true);
    const refused = await bureau.svid({ audience, scope: 'a' });
    const issued = await bureau.svid({ audience });
    await strict(false);
    expectRefused(refused, 400, 'invalid_scope');
    expect(issued.status).toBe(200);
  });
  it('TX-10 a type we do not issue, and an access token of a credential provider, are refused', async () => {
    const { audience, name } = await provide();
    expectRefused(await bureau.svid({ audience, requested_token_type: urn.idToken }), 400, 'invalid_request');
    expectRefused(
      await bureau.svid({ credential_provider: name, requested_token_type: urn.accessToken }),
      400,
      'invalid_request',
    );
    const unsaid = await bureau.svid({ credential_provider: name, requested_token_type: '' });
    expect([unsaid.status, unsaid.body.issued_token_type]).toEqual([200, urn.jwt]);
  });
  it('A65 a change counts at once: provider changed, unbound, deleted, account disabled', async () => {
    const { id, audience } = await provide();
    const at = `/credential-providers/${id}`;
    const change = (members: Members) => bureau.admin('PATCH', at, members, { 'if-match': '*' });
    expect(readSvid(await bureau.svid({ audience })).claims['environment']).toBe('production');
    await change({ claims: [{ name: 'environment', type: 'literal', value: 'test' }] });
    expect(readSvid(await bureau.svid({ audience })).claims['environment']).toBe('test');
    await change({ serviceAccounts: [] });
    expectRefused(await bureau.svid({ audience }), 400, 'invalid_target');
    await change({ serviceAccounts: [bureau.account.id] });
    expect((await bureau.svid({ audience })).status).toBe(200);

    const setStatus = (status: string) =>
      bureau.admin('PATCH', `/service-accounts/${bureau.account.id}`, { status }, { 'if-match': '*' });
    await setStatus('disabled');
    const disabled = await bureau.svid({ audience });
    await setStatus('enabled');
    expectRefused(disabled, 400, 'invalid_request');
    expect((await bureau.svid({ audience })).status).toBe(200);

    await bureau.admin('DELETE', at, undefined, { 'if-match': '*' });
    expectRefused(await bureau.svid({ audience }), 400, 'invalid_target');
  });
  it('its activity shows the provider, the SPIFFE ID, the audience and the jti, and never the token', async () => {
    const { audience, name } = await provide();
    const answer = await bureau.svid({ audience });
    const { items } = (await bureau.admin('GET', `/activities?limit=5&outcome=issued`)).body;
    const found = items.find((each: Members) => each['jti'] === readSvid(answer).claims['jti']);
    expect(found).toMatchObject({
      type: 'token',
      outcome: 'issued',
      audience,
      account: { id: bureau.account.id },
    });
    const shown = Object.fromEntries(found.checks.map((each: Members) => [each['check'], each['presented']]));
    expect(shown).toMatchObject({
      'request.credential_provider': name,
      'svid.subject': 'spiffe://example.com/ns/prod/sa/api',
    });
    const text = JSON.stringify(found);
    for (const part of String(answer.body.access_token).split('.')) expect(text).not.toContain(part);
  });
  it('two providers of one audience are told apart by their name', async () => {
    const first = await provide();
    const second = await provide({ audience: first.audience, algorithm: 'ES256' });
    const both = await bureau.svid({ audience: first.audience });
    expectRefused(both, 400, 'invalid_request');
    expect(await reasonBehind(bureau, both)).toBe('credential_provider_ambiguous');
    const one = await bureau.svid({ audience: first.audience, credential_provider: second.name });
    expect(readSvid(one).header['alg']).toBe('ES256');
  });
});

describe('the bundle', () => {
  it('SV-19 has keys of use jwt-svid alone, each with a kid of its own, public, RSA and EC', async () => {
    const { keys } = await bureau.bundle();
    expect(keys.length).toBeGreaterThanOrEqual(2);
    expect(new Set(keys.map((key) => key['kid'])).size).toBe(keys.length);
    for (const key of keys) {
      expect(key).toMatchObject({ use: 'jwt-svid', kid: expect.stringMatching(/.+/) });
      expect(['RSA', 'EC']).toContain(key['kty']);
      expect(
        Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name)),
      ).toEqual([]);
    }
  });
  it('SV-20 has a sequence and a refresh hint, both safe integers', async () => {
    const bundle = await bureau.bundle();
    expect(Number.isSafeInteger(bundle['spiffe_sequence'])).toBe(true);
    expect(Number.isSafeInteger(bundle['spiffe_refresh_hint'])).toBe(true);
  });
});

describe('trying a credential provider', () => {
  const verify = (id: string, sample: unknown) =>
    bureau.admin('POST', `/credential-providers/${id}/verify`, sample);
  const newest = async (): Promise<string> =>
    (await bureau.admin('GET', '/activities?limit=1')).body.items[0].id;

  it('SV-06 SV-07 SV-08 SV-09 SV-10 SV-11 SV-12 SV-13 SV-14 is green in each point, with a token and with claims', async () => {
    const { id, audience } = await provide();
    const token = await bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims });
    for (const sample of [{ token }, { claims: { sub: kubernetesSubject, ...namespaceClaims } }]) {
      const { status, body } = await verify(id, sample);
      expect([status, body.ok, body.checks.filter((each: Members) => each['ok'] !== true)]).toEqual([
        200,
        true,
        [],
      ]);
      const names = body.checks.map((each: Members) => each['check']);
      expect(names).toEqual(
        expect.arrayContaining([
          'svid.header.typ',
          'svid.header.alg',
          'svid.header.kid',
          'svid.signature',
          'svid.sub',
          'svid.iss',
          'svid.aud',
          'svid.lifetime',
          'svid.claims.environment',
          'svid.claims.cluster',
          'svid.scope',
        ]),
      );
      expect(body.header).toEqual({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) });
      expect(body.claims).toMatchObject({
        iss: issuer(),
        sub: 'spiffe://example.com/ns/prod/sa/api',
        aud: [audience],
        cluster: 'prod-eu-1',
      });
      expect(Object.keys(body).toSorted()).toEqual(['checks', 'claims', 'header', 'ok']);
      expect(JSON.stringify(body)).not.toMatch(/[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}/);
    }
  });
  it('is not issuing: no activity, nothing used up', async () => {
    const { id } = await provide({
      serviceAccounts: [bureau.credentials.serviceAccountId],
      subject: { type: 'literal', value: 'spiffe://example.com/admin' },
    });
    const assertion = makeAssertion(ownKeyOf(bureau.credentials));
    const before = await newest();
    for (let count = 0; count < 3; count += 1)
      expect((await verify(id, { token: assertion })).body.ok).toBe(true);
    expect(await newest()).toBe(before);
    const used = await bureau.token(doors[2]?.form(assertion) ?? {});
    expectIssued(used);
  });
  it('verifies a sample token on the path of the token endpoint: the same fault, the same checks', async () => {
    const { id, audience } = await provide();
    for (const claims of [
      { exp: now() - 10 },
      { aud: 'https://other.example' },
      { sub: 'system:serviceaccount:prod:other' },
      { iss: 'https://nobody.example' },
    ]) {
      const token = await bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims, ...claims });
      const tried = (await verify(id, { token })).body;
      const asked = await bureau.token({
        grant_type: urn.tokenExchange,
        subject_token: token,
        subject_token_type: urn.jwt,
        requested_token_type: urn.jwt,
        audience,
      });
      const { checks } = await bureau.activity(asked.body.receipt);
      const failures = (all: readonly Members[]) => all.filter((each) => each['ok'] === false);
      expect([tried.ok, tried.header, tried.claims]).toEqual([false, null, null]);
      expect(failures(tried.checks).length).toBeGreaterThan(0);
      expect(failures(tried.checks)).toEqual(failures(checks));
    }
  });
  it('says the exact fault of a template, and of a provider without the account', async () => {
    const { id } = await provide();
    const missing = (await verify(id, { claims: { namespace: 'prod' } })).body;
    expect(missing.checks.at(-1)).toMatchObject({ check: 'svid.subject', ok: false, presented: 'absent' });
    const unbound = await provide({ serviceAccounts: [] });
    const token = await bureau.goodToken({ sub: kubernetesSubject, ...namespaceClaims });
    expect((await verify(unbound.id, { token })).body.checks.at(-1)).toMatchObject({
      check: 'request.credential_provider',
      ok: false,
    });
  });
  it('A35 A77 sample claims with names of programs are ordinary data', async () => {
    const { id } = await provide();
    const sample = JSON.parse(
      `{"claims":{"__proto__":{"namespace":"evil"},"constructor":"x","sub":"${kubernetesSubject}","namespace":"prod"}}`,
    ) as unknown;
    const { status, body } = await verify(id, sample);
    expect([status, body.ok, body.claims?.sub]).toEqual([200, true, 'spiffe://example.com/ns/prod/sa/api']);
    const without = await verify(
      id,
      JSON.parse(`{"claims":{"__proto__":{"namespace":"evil"},"sub":"${kubernetesSubject}"}}`),
    );
    expect(without.body.ok).toBe(false);
  });
});

describe('1,000 JWT-SVIDs of random providers', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);
  const claimName = fc
    .stringMatching(/^[!-~]{1,20}$/)
    .filter((name) => !protectedNames.includes(name.toLowerCase()) && name !== '__proto__');
  const literal = fc.oneof(
    fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .filter((text) => text.isWellFormed() && !text.includes('\u0000')),
    fc.integer(),
    fc.boolean(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      // Whole numbers from 2^53 on are refused.
      .filter((value) => !Object.is(value, -0) && Number.isInteger(value) === Number.isSafeInteger(value)),
  );
  const path = fc.array(
    fc.oneof(
      segment,
      fc.constantFrom(
        payload('namespace'),
        '${namespace}',
        '${serviceaccount}',
        '${account.team}',
        '${os.environment.CLUSTER_NAME}',
        `${payload('namespace')}:`.slice(0, -1),
      ),
      segment.map((text) => `${text}-\${account.team}`),
    ),
    { minLength: 1, maxLength: 6 },
  );
  const anyProvider = fc.record({
    subject: path.map((segments) => ({
      type: 'dynamic',
      value: `spiffe://example.com/${segments.join('/')}`,
    })),
    lifetimeMinutes: fc.integer({ min: 1, max: 60 }),
    algorithm: fc.constantFrom('RS256', 'ES256'),
    claims: fc.uniqueArray(
      fc.oneof(
        fc.record({ name: claimName, type: fc.constant('literal'), value: literal }),
        fc.record({
          name: claimName,
          type: fc.constant('dynamic'),
          value: fc.constantFrom(
            payload('anything'),
            payload('nested.value'),
            'x-${region}-y',
            '${account.name}',
          ),
        }),
      ),
      { maxLength: 5, selector: ({ name }) => name },
    ),
  });
  const anyClaims = fc.record({
    namespace: segment,
    anything: fc.oneof(
      fc.string({ minLength: 1, unit: 'grapheme-ascii' }),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.integer(), { maxLength: 3 }),
    ),
    nested: fc.record({ value: fc.string({ minLength: 1, unit: 'grapheme-ascii' }) }),
    region: fc.stringMatching(/^[a-z]{2}-[a-z]{4,9}-[1-9]$/),
  });

  it('SV-01 SV-02 SV-03 SV-04 SV-05 SV-10 SV-12 SV-16 A80 all verify with jose and by a reading of the SPIFFE text', async () => {
    const bundle = await bureau.bundle();
    const keys = createRemoteJWKSet(new URL(`${origin}/spiffe/.well-known/jwks.json`));
    const made = await provide();
    let verified = 0;
    await fc.assert(
      fc.asyncProperty(
        anyProvider,
        fc.array(anyClaims, { minLength: 10, maxLength: 10 }),
        async (members, tokens) => {
          const saved = await bureau.admin('PATCH', `/credential-providers/${made.id}`, members, {
            'if-match': '*',
          });
          expect([saved.status, saved.body]).toMatchObject([200, {}]);
          for (const claims of tokens) {
            const answer = await bureau.svid({ credential_provider: made.name }, claims);
            expect([answer.status, JSON.stringify(answer.body.error)]).toEqual([200, undefined]);
            const token = answer.body.access_token as string;
            expect(
              faultsOfJwtSvid(token, { bundle, trustDomain: 'example.com', audience: made.audience }),
            ).toEqual([]);
            const { payload: read } = await jwtVerify(token, keys, {
              issuer: issuer(),
              audience: made.audience,
              typ: 'JWT',
            });
            expect(decodeProtectedHeader(token).alg).toBe(members.algorithm);
            expect(Number(read.exp) - Number(read.iat)).toBe(members.lifetimeMinutes * 60);
            const template = members.subject.value.slice('spiffe://example.com/'.length).split('/');
            expect(readSpiffeId(String(read.sub))).toMatchObject({
              trustDomain: 'example.com',
              segments: { length: template.length },
            });
            for (const { name, type, value } of members.claims) {
              if (type === 'literal') expect(read[name]).toBe(value);
              else expect(read[name]).toBeDefined();
            }
            expect(Object.keys(read)).toHaveLength(6 + members.claims.length);
            verified += 1;
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(verified).toBeGreaterThanOrEqual(1000);
  }, 120_000);
});
