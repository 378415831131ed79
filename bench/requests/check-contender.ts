import type { Contender } from '../contenders/contender.ts';
import { RunIsVoid, urns } from '../the-exchange.ts';
import { createAssertions } from './own-key-assertions.ts';
import { githubClaims } from './github-claims.ts';
import { signToken, type TokenAlgorithm } from './sign-many.ts';
import type { Supplies } from './supplies.ts';

/** The first request may find the server still reading what is registered. */
const patienceMs = 60_000;

interface Answered {
  readonly status: number;
  readonly text: string;
}

/**
 * Holds a contender to the work before it is timed: tokens that are forged, expired, for another audience, of another
 * subject, and assertions that were used, must be refused, and good ones not. Throws {@link RunIsVoid}.
 *
 * @returns how many tokens it issued
 */
export const checkContender = async (
  contender: Contender,
  algorithm: TokenAlgorithm,
  supplies: Supplies,
): Promise<number> => {
  const signer = supplies.signerOf(algorithm);
  const stranger = supplies.signerOf(algorithm === 'RS256' ? 'ES256' : 'RS256');
  const claims = githubClaims(signer.issuer, 0);
  const hourAgo = Math.floor(Date.now() / 1000) - 3600;
  const good = await signToken(signer, claims);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const exchange = (token: string): Promise<Answered> =>
    post(contender, {
      grant_type: urns.tokenExchange,
      subject_token: token,
      subject_token_type: urns.jwt,
      ...contender.exchangeMembers,
    });
  const expect = async (what: string, answer: Promise<Answered>, ...expected: number[]): Promise<void> => {
    const { status, text } = await answer;
    if (!expected.includes(status))
      throw new RunIsVoid(`${contender.kind}, ${algorithm}: ${what} was answered ${status} ${text}`);
  };
  const flipped = Buffer.from(signature, 'base64url');
  flipped[20] = (flipped[20] ?? 0) ^ 1;
  await expect('a good token', exchange(good), 200);
  await expect('a changed signature', exchange(`${header}.${payload}.${flipped.toString('base64url')}`), 400);
  await expect('another key', exchange(await signToken({ ...stranger, kid: signer.kid }, claims)), 400);
  await expect(
    'another audience',
    exchange(await signToken(signer, { ...claims, aud: 'https://x.example' })),
    400,
  );
  await expect(
    'another subject',
    exchange(await signToken(signer, { ...claims, sub: 'repo:acme/other' })),
    400,
  );
  await expect(
    'an expired token',
    exchange(await signToken(signer, { ...claims, iat: hourAgo, nbf: hourAgo, exp: hourAgo + 60 })),
    400,
  );
  const [assertion = ''] = await createAssertions(contender.ownKey, supplies.ownKey)(1);
  const authenticate = (): Promise<Answered> =>
    post(contender, {
      grant_type: 'client_credentials',
      client_assertion_type: urns.assertion,
      client_assertion: assertion,
    });
  await expect('an assertion', authenticate(), 200);
  await expect('a used assertion', authenticate(), 400, 401);
  return 2;
};

const post = async (contender: Contender, members: Readonly<Record<string, string>>): Promise<Answered> => {
  const response = await fetch(contender.tokenUrls[0] ?? '', {
    method: 'POST',
    body: new URLSearchParams(members),
    signal: AbortSignal.timeout(patienceMs),
  });
  return { status: response.status, text: await response.text() };
};
