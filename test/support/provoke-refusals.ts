// For each reason of refusal a request that is refused for it, over HTTP, on a test bureau.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { RefusalReason } from '../../src/core/oauth/reasons.ts';
import type { Answer, Credentials } from './bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from './fake-issuer.ts';
import { encodeSegment } from './jws.ts';
import { makeAssertion, type OwnKey, ownKeyOf } from './own-key.ts';
import { kubernetesSubject, openSvidBureau, type SvidBureau } from './svid-bureau.ts';
import { sampleProvider } from './svid-samples.ts';
import { doors, registered, type TestBureau, urn } from './test-bureau.ts';

type Members = Readonly<Record<string, unknown>>;

/** A bureau with everything the provocations need. */
export interface RefusalWorld {
  readonly bureau: SvidBureau;
  /** The administrator's key, and that of an account without a role. */
  readonly admin: OwnKey;
  readonly other: OwnKey;
  /** Answers with errors from the start. */
  readonly downIssuer: FakeIssuer;
  /** Publishes two keys that cannot be told apart. */
  readonly twinIssuer: FakeIssuer;
  /** The administrators' keys of tenants that were made on the way. */
  readonly keysOfTenants: Map<string, OwnKey>;
  close(): Promise<void>;
}

const seconds = (): number => Math.floor(Date.now() / 1000);

/** Opens one; `close` it. */
export const openRefusalWorld = async (): Promise<RefusalWorld> => {
  const [downIssuer, twinIssuer] = [await createFakeIssuer(), await createFakeIssuer()];
  downIssuer.setMode('500');
  const allow = [downIssuer, twinIssuer].map(({ host, port }) => `${host}:${port}`);
  const bureau = await openSvidBureau({ allow });
  const other = await create(bureau, '/service-accounts', {
    ...accountBase('other'),
    key: { generate: 'ES256' },
  });
  for (const issuer of [downIssuer, twinIssuer])
    await create(bureau, '/service-accounts', {
      ...accountBase(issuer === downIssuer ? 'down' : 'twin'),
      federations: [federationOf(issuer)],
    });
  const twin = twinIssuer.keys[0]?.jwk ?? {};
  await twinIssuer.rotate();
  twinIssuer.setJwks({ keys: twinIssuer.keys.map(({ jwk }) => ({ ...jwk, kid: twin['kid'] })) });
  return {
    bureau,
    admin: ownKeyOf(bureau.credentials),
    other: ownKeyOf(other.body.credentials as Credentials),
    downIssuer,
    twinIssuer,
    keysOfTenants: new Map(),
    close: async () => {
      await Promise.all([bureau, downIssuer, twinIssuer].map((part) => part.close()));
    },
  };
};

/** The tenant that is disabled for a while. */
const sleeper = 'asleep';

/** The activity behind the receipt of a provocation, read by an administrator of the tenant whose trail has it. */
export const readStory = async (
  world: RefusalWorld,
  reason: RefusalReason,
  { body }: Answer,
): Promise<Answer['body']> => {
  const { bureau, keysOfTenants } = world;
  const key = reason === 'tenant_disabled' ? keysOfTenants.get(sleeper) : undefined;
  if (key === undefined) return bureau.activity(body.receipt);
  const signedIn = await post(world, `/t/${sleeper}/token`, asClient(makeAssertion(key)));
  const url = `/t/${sleeper}/api/v1/activities/${body.receipt}`;
  const headers = { authorization: `Bearer ${signedIn.body.access_token}` };
  return (await bureau.inject({ method: 'GET', url, headers })).body;
};

const accountBase = (name: string): Members => ({
  name,
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: ['certificates:read'],
  audiences: ['https://api.example.com'],
});

const federationOf = ({ issuer, jwksUri }: FakeIssuer, members: Members = {}): Members => ({
  issuer,
  jwksUri,
  subject: kubernetesSubject,
  audience: registered.audience,
  ...members,
});

const create = async (bureau: TestBureau, path: string, body: Members): Promise<Answer> => {
  const answer = await bureau.admin('POST', path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer;
};

const change = async (bureau: TestBureau, path: string, body: Members): Promise<void> => {
  const answer = await bureau.admin('PATCH', path, body, { 'if-match': '*' });
  if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
};

/** Makes a change for one request and takes it back. */
const during = async (
  { bureau }: RefusalWorld,
  path: string,
  [to, back]: readonly [Members, Members],
  act: () => Promise<Answer>,
): Promise<Answer> => {
  await change(bureau, path, to);
  try {
    return await act();
  } finally {
    await change(bureau, path, back);
  }
};

const trustedIssuerPath = async ({ bureau }: RefusalWorld): Promise<string> => {
  const { body } = await bureau.admin('GET', '/trusted-issuers?limit=100');
  const found = body.items.find(({ issuer }: { issuer: string }) => issuer === bureau.issuer.issuer);
  return `/trusted-issuers/${found.id}`;
};

/** A good token but for what is changed. */
const sign = (world: RefusalWorld, claims: Members = {}, header: Members = {}): Promise<string> =>
  world.bureau.goodToken({ sub: kubernetesSubject, namespace: 'prod', ...claims }, header);

const exchangeForm = (token: string, form: Members = {}): Record<string, string> => ({
  grant_type: urn.tokenExchange,
  subject_token: token,
  subject_token_type: urn.jwt,
  ...(form as Record<string, string>),
});

/** Exchanges a token that is good but for what is changed. */
const exchange = async (
  world: RefusalWorld,
  { claims = {}, header = {}, form = {} }: { claims?: Members; header?: Members; form?: Members } = {},
): Promise<Answer> => world.bureau.token(exchangeForm(await sign(world, claims, header), form));

const send = (world: RefusalWorld, token: string, form: Members = {}): Promise<Answer> =>
  world.bureau.token(exchangeForm(token, form));

/** Authenticates with an assertion that is good but for what is changed. */
const assertion = (world: RefusalWorld, claims: Members = {}, header: Members = {}): Promise<Answer> =>
  world.bureau.token(asClient(makeAssertion(world.admin, claims, header)));

const asClient = (token: string): Record<string, string> => doors[2]?.form(token) ?? {};

const post = (
  { bureau }: RefusalWorld,
  url: string,
  form: Members,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  bureau.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form as Record<string, string>).toString(),
  });

/** Blocks something for one exchange. */
const whileBlocked = async (world: RefusalWorld, target: Members): Promise<Answer> => {
  const { bureau } = world;
  const { body } = await create(bureau, '/blocks', { target, reason: 'The runner was taken over.' });
  try {
    return await exchange(world);
  } finally {
    await bureau.admin('DELETE', `/blocks/${body.id}`, undefined, { 'if-match': '*' });
  }
};

/** Asks for a JWT-SVID from a provider of these members. */
const svid = async (world: RefusalWorld, members: Members, claims: Members = {}): Promise<Answer> => {
  const { body } = await world.bureau.createProvider({ claims: [], ...members });
  return exchange(world, {
    claims,
    form: { requested_token_type: urn.jwt, credential_provider: body.name },
  });
};

/** A token of these very texts, unsigned but well-formed. */
const rawToken = (header: string, claims: string): string =>
  [header, claims, 'signature'].map((text) => Buffer.from(text).toString('base64url')).join('.');

/** How each reason comes about; `null` where a request over HTTP cannot bring it about. */
export const provocations = {
  method_not_allowed: ({ bureau }) => bureau.inject({ method: 'GET', url: '/token' }),
  not_found: null,
  tenant_unknown: (world) => post(world, '/t/nowhere/token', {}),
  content_type_unsupported: ({ bureau }) =>
    bureau.inject({
      method: 'POST',
      url: '/token',
      headers: { 'content-type': 'application/json' },
      payload: '{}',
    }),
  body_too_large: (world) => send(world, 'x'.repeat(70_000)),
  body_malformed: ({ bureau }) => bureau.token('grant_type=%zz'),
  parameter_repeated: ({ bureau }) => bureau.token('scope=a&scope=b'),
  parameter_missing: ({ bureau }) =>
    bureau.token({ grant_type: urn.tokenExchange, subjectToken: 'x', subject_token_type: urn.jwt }),
  parameters_too_many: ({ bureau }) => bureau.token('a=b&'.repeat(41)),
  authentication_methods_several: (world) =>
    post(world, '/token', asClient('x'), { authorization: 'Basic YTpi' }),
  actor_token_unsupported: (world) =>
    exchange(world, { form: { actor_token: 'x', actor_token_type: urn.jwt } }),
  subject_token_type_unsupported: (world) =>
    exchange(world, { form: { subject_token_type: urn.accessToken } }),
  requested_token_type_unsupported: (world) => exchange(world, { form: { requested_token_type: 'saml2' } }),
  credential_provider_unknown: (world) => exchange(world, { form: { credential_provider: 'nobody' } }),
  credential_provider_ambiguous: async (world) => {
    const audience = 'twice.example.com';
    for (let count = 0; count < 2; count += 1) await world.bureau.createProvider({ audience });
    return exchange(world, { form: { requested_token_type: urn.jwt, audience } });
  },
  credential_provider_unusable: async (world) => {
    const { bureau } = world;
    const storage = await openStorage({ url: `sqlite:${join(bureau.dataDir, 'bureau.db')}` });
    await storage.credentialProviders.insert({
      ...sampleProvider(),
      tenant: 'default',
      id: randomUUID(),
      name: 'taken-away',
      serviceAccounts: [bureau.account.id],
      claims: [{ name: 'gone', type: 'dynamic', value: '${os.environment.TAKEN_AWAY}' }],
    });
    await storage.close();
    await change(bureau, '/settings', { strictScopes: false });
    return exchange(world, { form: { requested_token_type: urn.jwt, credential_provider: 'taken-away' } });
  },
  svid_target_missing: (world) => exchange(world, { form: { requested_token_type: urn.jwt } }),
  grant_type_unknown: ({ bureau }) => bureau.token({ grant_type: 'password', username: 'a', password: 'b' }),
  token_kind_unsupported: async (world) =>
    post(world, '/revoke', { ...asClient(makeAssertion(world.admin)), token: await sign(world) }),
  client_authentication_missing: ({ bureau }) => bureau.token({ grant_type: 'client_credentials' }),
  client_authentication_unsupported: ({ bureau }) =>
    bureau.token({ grant_type: 'client_credentials', client_id: 'a', client_secret: 'hunter2-hunter2' }),
  client_authorization_header: (world) =>
    post(
      world,
      '/token',
      { grant_type: 'client_credentials' },
      { authorization: 'Basic aHVudGVyMjpodW50ZXIy' },
    ),
  bearer_malformed: (world) => post(world, '/introspect', { token: 'x' }, { authorization: 'Bearer' }),
  authorization_not_bearer: (world) =>
    post(world, '/introspect', { token: 'x' }, { authorization: 'Basic aHVudGVyMjpodW50ZXIy' }),
  client_assertion_type_unknown: ({ bureau }) =>
    bureau.token({
      ...asClient('x'),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    }),
  client_assertion_of_another_account: (world) =>
    exchange(world, {
      form: { client_assertion: makeAssertion(world.other), client_assertion_type: urn.assertionType },
    }),
  client_assertion_type_unfit: async (world) =>
    world.bureau.token({
      ...asClient(await sign(world)),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe',
    }),

  token_too_large: (world) => send(world, 'x'.repeat(17_000)),
  token_malformed: (world) => send(world, 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'),
  token_member_repeated: (world) => send(world, rawToken('{"alg":"ES256"}', '{"sub":"a","sub":"b"}')),
  token_header_forbidden: (world) => exchange(world, { header: { jku: 'https://evil.example/jwks' } }),
  token_algorithm_not_allowed: (world) =>
    send(world, rawToken('{"alg":"HS256","typ":"JWT"}', `{"iss":"${world.bureau.issuer.issuer}"}`)),
  token_type_not_allowed: (world) => exchange(world, { header: { typ: 'at+jwt' } }),
  token_of_our_own: async (world) => send(world, await world.bureau.adminToken()),
  token_bound_to_a_key: (world) => exchange(world, { claims: { cnf: { jkt: 'x' } } }),
  tenant_disabled: async (world) => {
    const { bureau } = world;
    const { body } = await create(bureau, '/tenants', { name: sleeper });
    await change(bureau, `/tenants/${sleeper}`, { status: 'disabled' });
    const answer = await post(world, `/t/${sleeper}/token`, exchangeForm(await sign(world)));
    await change(bureau, `/tenants/${sleeper}`, { status: 'enabled' });
    world.keysOfTenants.set(sleeper, ownKeyOf(body.credentials as Credentials));
    return answer;
  },
  issuer_missing: (world) => exchange(world, { claims: { iss: undefined } }),
  issuer_unknown: (world) => exchange(world, { claims: { iss: 'https://nobody.example' } }),
  issuer_disabled: async (world) =>
    during(world, await trustedIssuerPath(world), [{ status: 'disabled' }, { status: 'enabled' }], () =>
      exchange(world),
    ),
  issuer_blocked: async (world) =>
    whileBlocked(world, { trustedIssuer: (await trustedIssuerPath(world)).split('/').at(-1) }),
  key_unknown: (world) => exchange(world, { header: { kid: 'nobody-published-it' } }),
  key_unfit: async (world) => {
    const [, claims = '', signature = ''] = (await sign(world)).split('.');
    const header = encodeSegment({ alg: 'RS256', kid: world.bureau.issuer.keys[0]?.kid, typ: 'JWT' });
    return send(world, `${header}.${claims}.${signature}`);
  },
  jwks_ambiguous: async ({ bureau, twinIssuer }) =>
    bureau.token(
      exchangeForm(
        await twinIssuer.signToken(
          { sub: kubernetesSubject, aud: registered.audience },
          { kid: twinIssuer.keys[0]?.kid },
        ),
      ),
    ),
  key_blocked: (world) =>
    whileBlocked(world, { issuer: world.bureau.issuer.issuer, keyId: world.bureau.issuer.keys[0]?.kid }),
  signature_invalid: async (world) => {
    const [header, , signature] = (await sign(world)).split('.');
    const [, claims] = (await sign(world, { jti: 'another' })).split('.');
    return send(world, [header, claims, signature].join('.'));
  },
  claim_missing: (world) => exchange(world, { claims: { exp: undefined } }),
  claim_malformed: (world) => exchange(world, { claims: { exp: (seconds() + 600) * 1000 } }),
  audience_several: (world) =>
    exchange(world, { claims: { aud: [registered.audience, 'https://other.example'] } }),
  lifetime_too_long: (world) => exchange(world, { claims: { exp: seconds() + 86_400 } }),
  lifetime_not_positive: (world) => exchange(world, { claims: { iat: seconds() + 50, exp: seconds() + 40 } }),
  expired: (world) => exchange(world, { claims: { iat: seconds() - 900, exp: seconds() - 600 } }),
  expires_too_far_ahead: (world) => assertion(world, { iat: undefined, exp: seconds() + 10_000 }),
  issued_in_the_future: (world) =>
    exchange(world, { claims: { iat: seconds() + 300, exp: seconds() + 900 } }),
  not_yet_valid: (world) => exchange(world, { claims: { nbf: seconds() + 300 } }),
  replayed: async (world) => {
    const form = asClient(makeAssertion(world.admin));
    await world.bureau.token(form);
    return world.bureau.token(form);
  },
  token_revoked: async (world) => {
    const token = await world.bureau.adminToken();
    await post(world, '/revoke', { ...asClient(makeAssertion(world.admin)), token });
    return post(world, '/introspect', { token: 'x' }, { authorization: `Bearer ${token}` });
  },
  token_of_another_client: async (world) =>
    post(world, '/revoke', {
      ...asClient(makeAssertion(world.other)),
      token: await world.bureau.adminToken(),
    }),
  account_unknown: (world) => assertion(world, { iss: randomUUID(), sub: undefined }),
  account_disabled: (world) =>
    during(
      world,
      `/service-accounts/${world.bureau.account.id}`,
      [{ status: 'disabled' }, { status: 'enabled' }],
      () => exchange(world),
    ),
  account_blocked: (world) => whileBlocked(world, { account: world.bureau.account.id }),
  account_key_unusable: (world) => assertion(world, {}, { kid: 'never-added' }),
  assertion_subject_mismatch: null,
  client_id_mismatch: (world) => exchange(world, { form: { client_id: world.other.accountId } }),
  subject_not_registered: (world) =>
    exchange(world, { claims: { sub: 'system:serviceaccount:prod:default' } }),
  subject_blocked: (world) =>
    whileBlocked(world, { issuer: world.bureau.issuer.issuer, subject: kubernetesSubject }),
  federation_blocked: async (world) => {
    const { body } = await world.bureau.admin('GET', `/service-accounts/${world.bureau.account.id}`);
    return whileBlocked(world, { federation: body.federations[0].id });
  },
  audience_mismatch: (world) => exchange(world, { claims: { aud: 'https://kubernetes.default.svc' } }),
  condition_unmet: async (world) => {
    const { bureau } = world;
    const { body } = await create(bureau, '/service-accounts', {
      ...accountBase('conditioned'),
      federations: [
        federationOf(bureau.issuer, {
          subject: 'system:serviceaccount:prod:conditioned',
          conditions: [{ claim: 'cluster', equals: 'eu' }],
        }),
      ],
    });
    const answer = await exchange(world, {
      claims: { sub: 'system:serviceaccount:prod:conditioned', cluster: 'us' },
    });
    await bureau.admin('DELETE', `/service-accounts/${body.id}`, undefined, { 'if-match': '*' });
    return answer;
  },
  federation_ambiguous: async (world) => {
    const { bureau } = world;
    const { body } = await create(bureau, '/service-accounts', {
      ...accountBase('rival'),
      federations: [
        federationOf(bureau.issuer, {
          subject: undefined,
          subjectPattern: 'system:serviceaccount:prod:*',
        }),
      ],
    });
    const answer = await exchange(world);
    await bureau.admin('DELETE', `/service-accounts/${body.id}`, undefined, { 'if-match': '*' });
    return answer;
  },
  federated_assertion_off: async (world) => {
    const token = await sign(world);
    return during(
      world,
      '/settings',
      [{ federatedClientAssertion: false }, { federatedClientAssertion: true }],
      () => world.bureau.token(asClient(token)),
    );
  },
  svid_value_missing: (world) =>
    svid(world, {
      claims: [{ name: 'x', type: 'dynamic', value: '${oidc.identityToken.decode.payload.absent}' }],
    }),
  svid_subject_invalid: (world) => svid(world, {}, { namespace: '../admin' }),
  svid_claim_invalid: (world) =>
    svid(
      world,
      { claims: [{ name: 'x', type: 'dynamic', value: 'v-${oidc.identityToken.decode.payload.list}' }] },
      { list: ['a'] },
    ),
  svid_too_large: (world) =>
    svid(
      world,
      { claims: [{ name: 'x', type: 'dynamic', value: '${oidc.identityToken.decode.payload.big}' }] },
      { big: 'x'.repeat(8000) },
    ),

  scope_malformed: (world) => exchange(world, { form: { scope: '["certificates:read"]' } }),
  scope_not_held: (world) =>
    during(world, '/settings', [{ strictScopes: true }, { strictScopes: false }], () =>
      exchange(world, { form: { scope: 'certificates:read,certificates:issue' } }),
    ),
  target_malformed: (world) => exchange(world, { form: { resource: 'api' } }),
  target_not_allowed: (world) => exchange(world, { form: { audience: 'https://unknown.example.com' } }),
  targets_several: (world) =>
    exchange(world, { form: { audience: 'https://api.example.com', resource: 'https://other.example.com' } }),

  issuer_keys_unavailable: async ({ bureau, downIssuer }) =>
    bureau.token(
      exchangeForm(await downIssuer.signToken({ sub: kubernetesSubject, aud: registered.audience })),
    ),
  store_unavailable: null,
  signing_key_unavailable: null,
  overloaded: null,
  rate_limited: null,
  internal_fault: null,
} as const satisfies Readonly<Record<RefusalReason, ((world: RefusalWorld) => Promise<Answer>) | null>>;
