// Random registrations, and random token requests that nearly fit them. The same seed gives the same pairs.
import type { AccountKey } from '../../src/core/accounts/account-key.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { Block, BlockTarget } from '../../src/core/blocks/block.ts';
import type { CredentialProvider } from '../../src/core/credential-providers/credential-provider.ts';
import { allSignatureAlgorithms } from '../../src/core/jwt/algorithms.ts';
import { defaultTenantSettings, type Tenant } from '../../src/core/tenants/tenant.ts';
import type { Condition, Federation } from '../../src/core/trust/federation.ts';
import type { TrustedIssuer } from '../../src/core/trust/trusted-issuer.ts';
import { trustedIssuer } from './foreign-keys.ts';
import { sampleProvider } from './svid-samples.ts';
import { urn } from './test-bureau.ts';

/** Everything an administrator could have registered in one tenant. */
export interface Registration {
  readonly tenant: Tenant;
  readonly issuers: readonly TrustedIssuer[];
  readonly accounts: readonly ServiceAccount[];
  readonly keys: readonly AccountKey[];
  readonly providers: readonly CredentialProvider[];
  readonly blocks: readonly Block[];
  /** Algorithms the tenant has no active signing key for. */
  readonly unsigned: readonly string[];
}

type Members = Readonly<Record<string, unknown>>;

/** A token as it is built, before it is bent into text. */
export interface RandomToken {
  readonly header: Members;
  readonly claims: Members;
  readonly signatureIsGood: boolean;
  readonly text: string;
  /** What is wrong with it on purpose, if anything. */
  readonly defects: readonly string[];
}

/** A request: where the token stands and what else is in the form. */
export interface RandomRequest {
  readonly token: RandomToken;
  readonly grantType: string;
  readonly parameters: readonly (readonly [string, string])[];
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Random = () => number;
const pick = <T>(random: Random, items: readonly T[]): T => {
  if (items.length === 0) throw new Error('nothing to pick from');
  return items[Math.floor(random() * items.length)] as T;
};
const chance = (random: Random, probability: number): boolean => random() < probability;
const some = <T>(random: Random, items: readonly T[], probability: number): T[] =>
  items.filter(() => chance(random, probability));

/** The issuer identifier of the server the pairs are for. */
export const ownIssuer = 'https://bureau.example';
/** Milliseconds; the moment of every pair. */
export const pairTime = 1_800_000_000_000;
const nowSeconds = pairTime / 1000;

const issuerNames = ['https://ci.example.com', 'https://git.example.org', 'spiffe://example.org'] as const;
const subjects = ['repo:acme/payments:ref:main', 'repo:acme/web:ref:main', 'job:7'];
const workload = 'spiffe://example.org/ns/prod';
const patterns = ['repo:acme/*', 'repo:*', 'job:*'];
const audiences = ['https://sts.example.com', 'https://other.example.com'];
const scopes = ['certificates:read', 'certificates:issue', 'payments:deploy'];
const apis = ['https://api.example.com', 'https://b.example.com'];
const claimPool: readonly (readonly [claim: string, values: readonly (string | number | boolean)[]])[] = [
  ['repository_owner_id', ['8675309', '42']],
  ['namespace', ['prod', 'a b']],
  ['level', [1, true]],
];

const randomCondition = (random: Random): Condition => {
  const [claim, values] = pick(random, claimPool);
  const value = pick(random, values);
  if (chance(random, 0.3)) return { claim, oneOf: [value, 'x'] };
  return typeof value === 'string' && chance(random, 0.3)
    ? { claim, matches: `${value.slice(0, 1)}*` }
    : { claim, equals: value };
};

const randomFederation = (random: Random, id: string): Federation => {
  const issuer = pick(random, issuerNames);
  const exact = chance(random, 0.6);
  const isTrustDomain = issuer.startsWith('spiffe:');
  return {
    id,
    issuer,
    subject: exact ? (isTrustDomain ? workload : pick(random, subjects)) : null,
    subjectPattern: exact ? null : isTrustDomain ? 'spiffe://example.org/ns/*' : pick(random, patterns),
    audience: pick(random, audiences),
    conditions: some(random, [0, 1], 0.25).map(() => randomCondition(random)),
    cel: chance(random, 0.02) ? 'claims.level == 1' : null,
    allowAdditionalAudiences: chance(random, 0.4),
  };
};

const randomAccount = (random: Random, index: number): ServiceAccount => ({
  tenant: 'default',
  id: `account-${index}`,
  name: `name-${index}`,
  description: '',
  owningTeam: 'default',
  useCase: 'custom-api-integration',
  scopes: some(random, scopes, 0.6),
  audiences: some(random, apis, 0.6),
  role: chance(random, 0.1) ? 'viewer' : null,
  status: chance(random, 0.05) ? 'disabled' : 'enabled',
  accessTokenAlgorithm: chance(random, 0.1) ? 'RS256' : null,
  capToSubjectExpiry: chance(random, 0.15),
  federations: [0, 1, 2]
    .filter((at) => at === 0 || chance(random, 0.4))
    .map((at) => randomFederation(random, `federation-${index}-${at}`)),
  createdAt: 0,
  updatedAt: 0,
  version: 1,
});

const randomKeys = (random: Random, { id }: ServiceAccount): readonly AccountKey[] =>
  some(random, [0, 1], 0.6).map((index) => ({
    tenant: 'default',
    id: `${id}-key-${index}`,
    accountId: id,
    kid: `${id}-kid-${index}`,
    thumbprint: `${id}-thumbprint-${index}`,
    algorithm: pick(random, ['ES256', 'RS256'] as const),
    publicJwk: { kty: 'EC' },
    status: chance(random, 0.1) ? 'disabled' : 'enabled',
    expiresAt: chance(random, 0.1) ? pairTime - 1 : null,
    createdAt: 0,
    lastUsedAt: null,
    version: 1,
  }));

const randomProvider = (
  random: Random,
  accounts: readonly ServiceAccount[],
  index: number,
): CredentialProvider =>
  sampleProvider({
    id: `provider-${index}`,
    name: `provider-${index}`,
    audience: chance(random, 0.8) ? `service-${index}` : 'service-0',
    serviceAccounts: some(random, accounts, 0.8).map(({ id }) => id),
    algorithm: pick(random, ['RS256', 'ES256'] as const),
    subject: chance(random, 0.5)
      ? { type: 'literal', value: 'spiffe://example.com/fixed' }
      : {
          type: 'dynamic',
          value: `spiffe://${chance(random, 0.9) ? 'example.com' : 'else.example'}/ns/\${oidc.identityToken.decode.payload.namespace}`,
        },
    claims: chance(random, 0.7)
      ? [
          {
            name: 'level',
            type: 'dynamic',
            value: `\${oidc.identityToken.decode.payload.${pick(random, ['level', 'big', 'deep'])}}`,
          },
        ]
      : [],
  });

const randomBlocks = (random: Random, accounts: readonly ServiceAccount[]): readonly Block[] => {
  const account = pick(random, accounts);
  const issuer = pick(random, issuerNames);
  const targets: readonly BlockTarget[] = [
    { kind: 'account', account: account.id },
    { kind: 'federation', federation: account.federations[0]?.id ?? '' },
    { kind: 'trusted-issuer', trustedIssuer: 'x', issuer },
    { kind: 'subject', issuer, subject: pick(random, [...subjects, workload]) },
    { kind: 'key', issuer, keyId: 'good-1' },
  ];
  if (!chance(random, 0.12)) return [];
  return [pick(random, targets)].map((target) => ({
    tenant: 'default',
    id: 'block-1',
    target,
    name: 'something',
    reason: 'in the wrong hands',
    createdBy: { id: 'admin', name: 'admin' },
    createdAt: 0,
    version: 1,
  }));
};

/** What somebody registered. */
export const randomRegistration = (random: Random): Registration => {
  const accounts = [0, 1, 2, 3]
    .filter((index) => index === 0 || chance(random, 0.4))
    .map((index) => randomAccount(random, index));
  return {
    tenant: {
      name: 'default',
      description: '',
      status: chance(random, 0.01) ? 'disabled' : 'enabled',
      settings: {
        ...defaultTenantSettings,
        strictScopes: chance(random, 0.2),
        federatedClientAssertion: chance(random, 0.9),
        trustDomain: 'example.com',
      },
      createdAt: 0,
      version: 1,
    },
    issuers: issuerNames
      .filter((_, index) => chance(random, index === 0 ? 0.98 : 0.85))
      .map((issuer) =>
        trustedIssuer({
          issuer,
          replay: chance(random, 0.15) ? 'single-use' : 'reusable',
          status: chance(random, 0.03) ? 'disabled' : 'enabled',
          algorithms: chance(random, 0.1) ? ['RS256'] : allSignatureAlgorithms,
          allowAccessTokenType: chance(random, 0.3),
        }),
      ),
    accounts,
    keys: accounts.flatMap((account) => randomKeys(random, account)),
    providers: [0, 1]
      .filter(() => chance(random, 0.6))
      .map((index) => randomProvider(random, accounts, index)),
    blocks: randomBlocks(random, accounts),
    unsigned: chance(random, 0.02) ? ['ES256', 'RS256'] : [],
  };
};

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const toText = (header: Members, claims: Members, signatureIsGood: boolean): string =>
  `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}.${encode(signatureIsGood ? '\u0001ok' : '\u0002no')}`;

interface Draft {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signatureIsGood: boolean;
  text?: (text: string) => string;
}

type Defect = (draft: Draft, random: Random) => void;
const claim =
  (name: string, ...values: readonly unknown[]): Defect =>
  ({ claims }, random) => {
    claims[name] = pick(random, values);
  };
const header =
  (name: string, value: unknown): Defect =>
  (draft) => {
    draft.header[name] = value;
  };
const text =
  (bend: (text: string) => string): Defect =>
  (draft) => {
    draft.text = bend;
  };

/** Ways in which tokens are wrong, or only unusual. */
const defects: Readonly<Record<string, Defect>> = {
  algNone: header('alg', 'none'),
  algOther: header('alg', 'PS256'),
  typAccess: header('typ', 'at+jwt'),
  typOther: header('typ', 'dpop+jwt'),
  jwk: header('jwk', {}),
  noKid: header('kid', undefined),
  kidUnknown: header('kid', 'unknown'),
  kidUnfit: header('kid', 'unfit'),
  kidAmbiguous: header('kid', 'ambiguous'),
  kidUnavailable: header('kid', 'unavailable'),
  signature: (draft) => {
    draft.signatureIsGood = false;
  },
  issNone: claim('iss', undefined),
  issOther: claim('iss', 'https://nobody.example', 7),
  issOurs: claim('iss', ownIssuer, `${ownIssuer}/spiffe`),
  issSlash: (draft) => {
    draft.claims['iss'] = `${String(draft.claims['iss'])}/`;
  },
  sub: claim('sub', 'repo:evil/payments:ref:main', '', undefined, 'spiffe://example.org/ns/dev', ...subjects),
  subOurs: claim('sub', 'spiffe://example.com/workload'),
  aud: claim('aud', 'https://nobody.example', [], undefined, [...audiences], ...audiences),
  iat: claim('iat', undefined, 'now', nowSeconds + 59, nowSeconds + 61),
  nbf: claim('nbf', nowSeconds + 59, nowSeconds + 90, nowSeconds - 9, 'x'),
  exp: claim('exp', undefined, nowSeconds, nowSeconds + 1, nowSeconds - 1, nowSeconds + 90_000),
  expOfAssertion: claim('exp', nowSeconds + 3601, nowSeconds + 3500),
  lifetime: (draft) => {
    draft.claims['iat'] = nowSeconds - 7000;
    draft.claims['exp'] = nowSeconds + 600;
  },
  lifetimeNone: (draft) => {
    draft.claims['iat'] = nowSeconds + 30;
    draft.claims['exp'] = nowSeconds + 30;
  },
  jtiNone: claim('jti', undefined),
  jtiOdd: claim('jti', 7, ''),
  cnf: claim('cnf', { jkt: 'x' }),
  namespace: claim('namespace', undefined, '..', 'prod', 'x/y', 7),
  level: claim('level', undefined, '1', 2, {}, 2 ** 60),
  owner: claim('repository_owner_id', undefined, 'nobody', 42),
  tooLarge: claim('filler', 'x'.repeat(17_000)),
  truncated: text((whole) => whole.slice(0, -4)),
  space: text((whole) => `${whole}\n`),
  twoSegments: text((whole) => whole.split('.').slice(0, 2).join('.')),
  repeated: text((whole) => {
    const [first, second = '', third] = whole.split('.');
    const json = Buffer.from(second, 'base64url').toString();
    return `${first}.${encode(`{"sub":"x",${json.slice(1)}`)}.${third}`;
  }),
};
const defectNames = Object.keys(defects);

const finish = (draft: Draft, names: readonly string[]): RandomToken => {
  const whole = toText(draft.header, draft.claims, draft.signatureIsGood);
  return {
    header: draft.header,
    claims: draft.claims,
    signatureIsGood: draft.signatureIsGood,
    text: draft.text?.(whole) ?? whole,
    defects: names,
  };
};

/** Claims that a condition is met by. */
const meet = (claims: Record<string, unknown>, conditions: readonly Condition[]): void => {
  for (const condition of conditions)
    claims[condition.claim] =
      'equals' in condition
        ? condition.equals
        : 'oneOf' in condition
          ? condition.oneOf[0]
          : condition.matches.replace('*', 'y');
};

const thirdPartyDraft = (random: Random, { accounts }: Registration): Draft => {
  const { federations } = pick(random, accounts);
  const [federation] = federations.filter(() => chance(random, 0.7));
  const iat = nowSeconds - Math.floor(random() * 60);
  const claims: Record<string, unknown> = {
    iss:
      federation?.issuer.startsWith('spiffe:') === true ? undefined : (federation?.issuer ?? issuerNames[0]),
    sub: federation?.subject ?? federation?.subjectPattern?.replace('*', 'z') ?? pick(random, subjects),
    aud: federation?.audience ?? pick(random, audiences),
    iat,
    exp: iat + 600,
    jti: `jti-${random()}`,
    namespace: 'prod',
    level: 1,
    repository_owner_id: pick(random, ['8675309', '42']),
    deep: { a: [chance(random, 0.2) ? 2 ** 60 : 1] },
    ...(chance(random, 0.1) ? { big: 'x'.repeat(9000) } : {}),
  };
  meet(claims, federation?.conditions ?? []);
  return {
    header: {
      alg: pick(random, ['RS256', 'RS256', 'ES256']),
      kid: pick(random, ['good-1', 'good-2']),
      typ: 'JWT',
    },
    claims,
    signatureIsGood: true,
  };
};

const ownKeyDraft = (random: Random, { accounts, keys }: Registration): Draft => {
  const account = pick(random, accounts);
  const own = keys.filter(({ accountId }) => accountId === account.id);
  const key = own.length === 0 ? undefined : pick(random, own);
  const id = pick(random, [account.id, account.id, `default.${account.id}`, 'account-9']);
  return {
    header: { alg: key?.algorithm ?? 'ES256', kid: chance(random, 0.7) ? key?.kid : undefined, typ: 'JWT' },
    claims: {
      iss: id,
      sub: chance(random, 0.97) ? id : 'account-1',
      aud: pick(random, [ownIssuer, ownIssuer, ownIssuer, [ownIssuer], `${ownIssuer}/token`]),
      iat: nowSeconds,
      exp: nowSeconds + 60,
      jti: `jti-${random()}`,
    },
    signatureIsGood: true,
  };
};

const randomToken = (
  random: Random,
  registration: Registration,
  grantType: string = urn.jwtBearer,
): RandomToken => {
  const draft = chance(random, grantType === urn.tokenExchange ? 0.02 : 0.35)
    ? ownKeyDraft(random, registration)
    : thirdPartyDraft(random, registration);
  const names = chance(random, 0.6) ? [] : some(random, [0, 1], 0.6).map(() => pick(random, defectNames));
  for (const name of names) defects[name]?.(draft, random);
  return finish(draft, names);
};

const spiffeType = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';

/** Further parameters, each seldom; `undefined` stands for one that is sent empty. */
const randomParameters = (
  random: Random,
  registration: Registration,
  grantType: string,
): readonly (readonly [string, string])[] => {
  const { accounts } = registration;
  const maybe = (
    probability: number,
    name: string,
    values: readonly string[],
  ): readonly (readonly [string, string])[] =>
    chance(random, probability) ? [[name, pick(random, values)] as const] : [];
  const beside = (): readonly (readonly [string, string])[] => [
    ['client_assertion', randomToken(random, registration).text],
    ...(chance(random, 0.9) ? [['client_assertion_type', urn.assertionType] as const] : []),
  ];
  const wanted = chance(random, 0.15)
    ? ([
        ['requested_token_type', urn.jwt],
        ...maybe(0.85, 'audience', ['service-0', 'service-0', 'service-1', 'service-9']),
        ...maybe(0.2, 'credential_provider', ['provider-0', 'provider-1', 'nobody']),
      ] as const)
    : [];
  return [
    ...maybe(0.2, 'client_id', [...accounts.map(({ id }) => id), 'default.account-0', 'nobody', '']),
    ...maybe(0.3, 'scope', [...scopes, scopes.join(' '), 'a  b', 'unheld:scope', '']),
    ...(wanted.length > 0
      ? []
      : maybe(0.12, 'audience', [...apis, `${ownIssuer}/api/v1`, 'https://nobody.example'])),
    ...maybe(0.06, 'resource', [...apis, 'no uri', 'service-1']),
    ...wanted,
    ...maybe(0.01, 'requested_token_type', ['urn:x', urn.accessToken]),
    ...maybe(0.01, 'credential_provider', ['provider-0']),
    ...maybe(0.01, 'subject_token_type', [urn.idToken, urn.accessToken, '']),
    ...maybe(0.01, 'actor_token', ['x']),
    ...maybe(0.01, 'client_secret', ['x']),
    ...maybe(0.01, 'scope', ['again']),
    ...maybe(0.005, 'x', ['\u0000']),
    ...(chance(random, 0.005) ? Array.from({ length: 41 }, (_, index) => [`p${index}`, 'x'] as const) : []),
    ...(chance(random, 0.002) ? [['filler', 'x'.repeat(66_000)] as const] : []),
    ...(grantType === 'client_credentials'
      ? maybe(0.15, 'client_assertion_type', [urn.assertionType, spiffeType, 'urn:x', ''])
      : chance(random, 0.06)
        ? beside()
        : []),
  ];
};

const grantTypes = [urn.tokenExchange, urn.tokenExchange, urn.jwtBearer, 'client_credentials'];

/** A request that nearly fits the registration. */
export const randomRequest = (random: Random, registration: Registration): RandomRequest => {
  const grantType = chance(random, 0.005) ? pick(random, ['password', '']) : pick(random, grantTypes);
  return {
    token: randomToken(random, registration, grantType),
    grantType,
    parameters: randomParameters(random, registration, grantType),
  };
};
