import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type Contender, theExchange } from './the-exchange.ts';
import type { SignedTokens } from './third-party-tokens.ts';

/** Thrown when a contender does not do the work; no figure of such a run means anything. */
export class RunIsVoid extends Error {
  override readonly name = 'RunIsVoid';
}

/** Claims of the access token of either, sorted. */
const claimNames = [
  'account_name',
  'aud',
  'client_id',
  'exp',
  'iat',
  'iss',
  'jti',
  'owning_team',
  'scope',
  'sub',
].join(' ');

/** What a contender answered when it was looked at. */
export interface Inspection {
  /** Bytes of an access token. */
  readonly tokenBytes: number;
  /** Exchanges it took. */
  readonly exchanges: number;
}

/**
 * Holds a contender to the work before it is timed: the access token verifies against its published keys and is what
 * was asked for, and tokens that must be refused are. Throws {@link RunIsVoid}.
 */
export const checkContender = async (
  contender: Contender,
  { algorithm, tokens, wrong }: SignedTokens,
): Promise<Inspection> => {
  const mine = `${contender.name}, ${algorithm}`;
  const good = await exchange(contender, tokens[0] ?? '');
  if (good.status !== 200 || good.accessToken === null)
    throw new RunIsVoid(`${mine}: a good token was answered ${good.status} ${good.text}`);
  const keys = createRemoteJWKSet(new URL(contender.jwksUri));
  const { payload, protectedHeader } = await jwtVerify(good.accessToken, keys, {
    issuer: contender.issuer,
    audience: theExchange.audience,
    algorithms: ['ES256'],
    typ: 'at+jwt',
  });
  const claims = Object.keys(payload).toSorted().join(' ');
  if (claims !== claimNames) throw new RunIsVoid(`${mine}: the access token has the claims ${claims}`);
  const lifetime = (payload.exp ?? 0) - (payload.iat ?? 0);
  if (lifetime !== theExchange.lifetimeSeconds) throw new RunIsVoid(`${mine}: lives ${lifetime} s`);
  if (payload['scope'] !== theExchange.scope)
    throw new RunIsVoid(`${mine}: scope ${String(payload['scope'])}`);
  if (protectedHeader.kid === undefined) throw new RunIsVoid(`${mine}: no kid`);
  for (const [what, token] of Object.entries(wrong)) {
    const { status } = await exchange(contender, token);
    if (status !== 400) throw new RunIsVoid(`${mine}: a token ${what} was answered ${status}`);
  }
  return { tokenBytes: good.accessToken.length, exchanges: 1 };
};

const exchange = async ({ tokenUrl, body }: Contender, token: string) => {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: body(token),
  });
  const text = await response.text();
  const { access_token: accessToken } = JSON.parse(text) as { access_token?: unknown };
  return { status: response.status, text, accessToken: typeof accessToken === 'string' ? accessToken : null };
};
