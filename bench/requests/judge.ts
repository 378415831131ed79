import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { Contender } from '../contenders/contender.ts';
import { RunIsVoid, theExchange } from '../the-exchange.ts';

/** Claims of the access token of every contender, sorted. */
const accessTokenClaims = 'account_name aud client_id exp iat iss jti owning_team scope sub';
const svidClaims = 'aud environment exp iat iss jti sub';

type Judge = (body: string) => Promise<void>;

/** Verifies an access token as a resource server does, with jose and the published keys, and holds it to what was asked for. */
export const judgeAccessToken = (contender: Contender): Judge => {
  const keys = createRemoteJWKSet(new URL(contender.jwksUri));
  const isNew = createDistinct();
  return async (body) => {
    const { token, expiresIn } = readAnswer(body);
    const { payload, protectedHeader } = await verified(contender, () =>
      jwtVerify(token, keys, {
        issuer: contender.issuer,
        audience: theExchange.audience,
        algorithms: ['ES256'],
        typ: 'at+jwt',
      }),
    );
    hold(contender, namesOf(payload) === accessTokenClaims, `the claims ${namesOf(payload)}`);
    hold(
      contender,
      lifetimeOf(payload) === theExchange.lifetimeSeconds,
      `a life of ${lifetimeOf(payload)} s`,
    );
    hold(contender, expiresIn === theExchange.lifetimeSeconds, `expires_in ${String(expiresIn)}`);
    hold(contender, payload['scope'] === theExchange.scope, `the scope ${String(payload['scope'])}`);
    hold(contender, protectedHeader.kid !== undefined, 'no kid');
    hold(contender, isNew(payload.jti), 'a jti that another one has');
  };
};

/** The same for a JWT-SVID. */
export const judgeJwtSvid = (contender: Contender, algorithm: 'RS256' | 'ES256'): Judge => {
  const issuer = `${contender.issuer}/spiffe`;
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const recipe = theExchange.svid.providers.find((provider) => provider.algorithm === algorithm);
  const isNew = createDistinct();
  return async (body) => {
    const { token } = readAnswer(body);
    const { payload } = await verified(contender, () =>
      jwtVerify(token, keys, { issuer, audience: recipe?.audience ?? '', algorithms: [algorithm] }),
    );
    hold(contender, namesOf(payload) === svidClaims, `the claims ${namesOf(payload)}`);
    hold(contender, payload.sub === theExchange.svid.subject, `the subject ${payload.sub}`);
    hold(contender, lifetimeOf(payload) === 900, `a life of ${lifetimeOf(payload)} s`);
    hold(contender, isNew(payload.jti), 'a jti that another one has');
  };
};

/** A refusal says what the contract lets it say, and has a receipt. */
export const judgeRefusal: Judge = (body) => {
  const answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if ('access_token' in answer || typeof answer['receipt'] !== 'string')
    throw new RunIsVoid(`a hostile token was answered ${body}`);
  return Promise.resolve();
};

const readAnswer = (body: string): { readonly token: string; readonly expiresIn: unknown } => {
  const answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  return { token: String(answer['access_token']), expiresIn: answer['expires_in'] };
};

const verified = async <T>(contender: Contender, verify: () => Promise<T>): Promise<T> => {
  try {
    return await verify();
  } catch (error) {
    throw new RunIsVoid(`${contender.kind}: a token does not verify: ${(error as Error).message}`);
  }
};

const hold = (contender: Contender, is: boolean, what: string): void => {
  if (!is) throw new RunIsVoid(`${contender.kind}: a token has ${what}`);
};

const namesOf = (payload: JWTPayload): string => Object.keys(payload).toSorted().join(' ');
const lifetimeOf = ({ exp = 0, iat = 0 }: JWTPayload): number => exp - iat;

const createDistinct = () => {
  const seen = new Set<unknown>();
  return (value: unknown): boolean => {
    if (value === undefined || seen.has(value)) return false;
    seen.add(value);
    return true;
  };
};
