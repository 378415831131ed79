import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** Algorithms that tokens are signed with here. */
export const tokenAlgorithms = ['RS256', 'ES256', 'Ed25519'] as const;
/** One of {@link tokenAlgorithms}. */
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** A private key and the header of what it signs. */
export interface Signer {
  readonly algorithm: TokenAlgorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
}

const signInPool = promisify(sign);
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs one compact JWS; on a thread of the pool, so that several at a time use every core. */
export const signToken = async ({ algorithm, kid, privateKey }: Signer, claims: object): Promise<string> => {
  const input = `${encode({ alg: algorithm, kid, typ: 'JWT' })}.${encode(claims)}`;
  const signature = await signInPool(algorithm === 'Ed25519' ? null : 'sha256', Buffer.from(input), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${input}.${signature.toString('base64url')}`;
};

/** Signs `count` tokens, each with claims of its own. */
export const signMany = async (
  count: number,
  signerOf: (index: number) => Signer,
  claimsOf: (index: number) => object,
): Promise<readonly string[]> => {
  const tokens: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      tokens[index] = await signToken(signerOf(index), claimsOf(index));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return tokens;
};
