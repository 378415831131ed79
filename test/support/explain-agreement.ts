// The token endpoint and explain over one registration, each with its own dependencies, and what they say of one request.
import type { Check } from '../../src/core/activity/check.ts';
import type { Activity } from '../../src/core/activity/activity.ts';
import { buildBlocks } from '../../src/core/blocks/blocks.ts';
import { readyProvider } from '../../src/core/credential-providers/ready-provider.ts';
import { buildFederationIndex } from '../../src/core/trust/federation-index.ts';
import { NoActiveSigningKey } from '../../src/keys/key-ring-view.ts';
import { createJwtSigner } from '../../src/keys/sign-jwt.ts';
import type { VerificationKey } from '../../src/ports/signature-verifier.ts';
import { explainTokenRequest, type SampleRequest } from '../../src/token/explain.ts';
import type { Explanations } from '../../src/token/explanations.ts';
import { atHand } from '../../src/token/registered-federations.ts';
import { createTokenEndpoint } from '../../src/token/token-endpoint.ts';
import { createFixedClock } from './fixed-clock.ts';
import { ownIssuer, pairTime, type RandomRequest, type Registration } from './random-pairs.ts';
import { urn } from './test-bureau.ts';

/** What both have to say the same of. */
export interface Verdict {
  readonly reason: string;
  readonly status: number;
  readonly error: string | null;
  readonly door: string | null;
  readonly account: string | null;
  readonly scope: string | null;
  readonly audience: string | null;
  readonly expiresIn: number | null;
  readonly tokenType: string | null;
}

const parameterOf: Readonly<Record<string, string>> = {
  [urn.tokenExchange]: 'subject_token',
  [urn.jwtBearer]: 'assertion',
  client_credentials: 'client_assertion',
};

/** The form as a client writes it, spelled out here so that a slip in the product's own shows. */
export const formOf = ({ token, grantType, parameters }: RandomRequest): string => {
  const place = parameterOf[grantType] ?? 'subject_token';
  const given = new Set(parameters.map(([name]) => name));
  const usual: readonly (readonly [string, string])[] = [
    ['grant_type', grantType],
    ...(place === 'subject_token' ? [['subject_token_type', urn.jwt] as const] : []),
    ...(place === 'client_assertion' ? [['client_assertion_type', urn.assertionType] as const] : []),
  ];
  const pairs = [...usual.filter(([name]) => !given.has(name)), [place, token.text] as const, ...parameters];
  return new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString();
};

const key = (kid: string | null): VerificationKey => ({
  kty: 'EC',
  crv: null,
  kid,
  alg: null,
  thumbprint: `thumbprint-of-${kid}`,
  handle: null,
});

/** What explain decides with where nothing but this is registered; every signature that begins with 1 is good. */
export const createExplanations = (
  registration: Registration,
  isUsed: (...use: readonly string[]) => boolean = () => false,
  fetched: string[] = [],
): Explanations => {
  const blocks = buildBlocks(registration.blocks);
  let ids = 0;
  return {
    baseIssuer: ownIssuer,
    directory: {
      tenant: async (name) => (name === 'default' ? registration.tenant : null),
      issuer: async (_tenant, name) => {
        const found = registration.issuers.find(({ issuer }) => issuer === name);
        return found === undefined
          ? null
          : {
              trustedIssuer: found,
              federations: atHand(buildFederationIndex(registration.accounts, name, blocks)),
            };
      },
      account: async (_tenant, id) => {
        const account = registration.accounts.find((each) => each.id === id);
        const keys = registration.keys.filter(({ accountId }) => accountId === id);
        return account === undefined
          ? null
          : { account, keys: keys.map((each) => ({ ...each, verificationKey: key(each.kid) })) };
      },
      providers: async (_tenant, id) =>
        registration.providers
          .filter(({ serviceAccounts }) => serviceAccounts.includes(id))
          .map((provider) => readyProvider(provider, new Set(['CLUSTER_NAME']))),
      blocks: async () => blocks,
    },
    issuerKeys: {
      find: async ({ issuer }, { kid }) => {
        fetched.push(issuer);
        if (kid === 'unavailable') return { found: 'unavailable', detail: 'down', retryAfterSeconds: 5 };
        if (kid === 'unknown' || kid === 'unfit' || kid === 'ambiguous') return { found: kid, detail: 'no' };
        return { found: 'key', key: key(kid) };
      },
    },
    verifier: { verify: async (_algorithm, _key, _input, signature) => signature[0] === 1 },
    clock: createFixedClock(pairTime),
    newId: () => `id-${(ids += 1)}`,
    hashToken: (token) => `hash-${token.length}`,
    templateEnvironment: { CLUSTER_NAME: 'prod' },
    keyRing: {
      signer: async (_tenant, purpose, algorithm) => {
        if (registration.unsigned.includes(algorithm)) throw new NoActiveSigningKey(`no ${algorithm} key`);
        return createJwtSigner({
          kid: `${purpose}-${algorithm}`,
          algorithm,
          sign: async () => new Uint8Array([1, 2, 3]),
        });
      },
    },
    replayGuard: { isUsed: async (...use) => isUsed(...use) },
  };
};

/** A bureau in memory with nothing but this registration. */
export const createAgreement = (registration: Registration) => {
  const activities: Activity[] = [];
  const used = new Set<string>();
  const consumed: string[] = [];
  const fetched: string[] = [];
  const nameOf = (...parts: readonly string[]): string => JSON.stringify(parts);
  const decision = createExplanations(registration, (...use) => used.has(nameOf(...use)), fetched);
  const endpoint = createTokenEndpoint({
    ...decision,
    activityLog: {
      record: async (activity) => void activities.push(activity),
      recordOnce: async (activity, uses) => {
        const names = uses.map(({ party, jti }) => nameOf(activity.tenant, party, jti));
        consumed.push(...names);
        const spent = names.findIndex((use, place) => used.has(use) || names.indexOf(use) < place);
        if (spent !== -1) return spent;
        for (const use of names) used.add(use);
        activities.push(activity);
        return null;
      },
    },
    strangers: { admit: () => ({ kept: 'alone' }) },
    evidenceBudget: { admit: () => true },
    metrics: { decided: () => undefined },
    keyUses: { used: () => undefined },
    attempts: { note: () => undefined },
    reportFault: (error) => {
      if (!(error instanceof NoActiveSigningKey)) throw error;
    },
  });

  return {
    /** What was used up so far. */
    consumed: () => [...consumed],
    /** Whose keys were asked for so far. */
    fetched: () => [...fetched],
    recorded: () => activities.length,
    exchange: async (request: RandomRequest): Promise<Verdict> => {
      const body = formOf(request);
      const before = activities.length;
      const caller = { tenant: 'default', sourceAddress: '127.0.0.1' };
      // What the frame refuses never reaches the decision.
      const reply =
        body.length > 65_536
          ? await endpoint.turnAway(caller, 'body_too_large', [])
          : await endpoint.answer({ ...caller, body, authorizationHeader: false, attestationHeader: false });
      const activity = activities.length > before ? activities.at(-1) : undefined;
      const common = { door: activity?.door ?? null, account: activity?.account?.id ?? null };
      if (!reply.ok)
        return {
          ...common,
          reason: reply.reason,
          status: reply.response.status,
          error: reply.response.body.error,
          scope: null,
          audience: null,
          expiresIn: null,
          tokenType: null,
        };
      return {
        ...common,
        reason: 'issued',
        status: 200,
        error: null,
        scope: reply.body.scope,
        audience: activity?.audience ?? null,
        expiresIn: reply.body.expires_in,
        tokenType: reply.body.issued_token_type,
      };
    },
    explain: async (sample: SampleRequest['sample'], request: RandomRequest): Promise<Verdict> => {
      const usual = request.grantType === urn.tokenExchange && !isOwnKey(request);
      const explained = await explainTokenRequest(decision, {
        tenant: 'default',
        sample,
        clientId: null,
        parameters: [
          // The door of token exchange is the one that need not be named.
          ...(usual ? [] : [['grant_type', request.grantType] as const]),
          ...(request.grantType === 'client_credentials' &&
          !request.parameters.some(([name]) => name === 'client_assertion_type')
            ? [['client_assertion_type', urn.assertionType] as const]
            : []),
          ...request.parameters,
        ],
        at: 'now',
      });
      if (!explained.ok) throw new Error(JSON.stringify(explained.error));
      const { reason, door, account, error, granted, evidence } = explained.value;
      const kept = { ...evidence, checks: evidence.checks(), presented: evidence.presented() };
      if (JSON.stringify([kept, granted]).includes(request.token.text)) throw new Error('shows the token');
      const namesOf = (checks: readonly Check[]): string =>
        checks
          .map(({ check }) => check)
          .filter((name) => telling.test(name))
          .join();
      const [told, all] = [namesOf(evidence.toldChecks()), namesOf(evidence.checks())];
      if (granted !== null && told !== all) throw new Error(`${told} is told of an issued token, not ${all}`);
      return {
        reason,
        status: error?.status ?? 200,
        error: error?.body.error ?? null,
        door,
        account: account?.id ?? null,
        scope: granted?.scope ?? null,
        audience: granted?.audience ?? null,
        expiresIn: granted?.expires_in ?? null,
        tokenType: granted?.issued_token_type ?? null,
      };
    },
  };
};

/** Checks by which the activity of an issued token says who it was and what was asked for. */
const telling = /^(?:key|signature|assertion|federation|account|client|request|jti|svid\.subject)\b/;

/** Its usual door is another one. */
const isOwnKey = ({ token }: RandomRequest): boolean =>
  !/^(https?|spiffe):/.test(String(token.claims['iss']));
