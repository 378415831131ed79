import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { AccountKeyAlgorithm } from '../../core/accounts/account-key-algorithm.ts';
import type { GenerateAccountKeyPair } from '../../ports/key-pair-generator.ts';
import { computeKid, exportPublicJwk } from './public-jwk.ts';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const generateOffTheLoop = promisify(generateKeyPair);

const generators: Readonly<Record<AccountKeyAlgorithm, () => Promise<KeyPair>>> = {
  ES256: () => generateOffTheLoop('ec', { namedCurve: 'P-256' }),
  RS256: () => generateOffTheLoop('rsa', { modulusLength: 2048 }),
  Ed25519: () => generateOffTheLoop('ed25519', {}),
};

/**
 * Makes key pairs with node:crypto, one after the other: of the threads that also hash, look up names and read files, one
 * at most is busy with primes (A63).
 */
export const createKeyPairGenerator = (): GenerateAccountKeyPair => {
  let last: Promise<unknown> = Promise.resolve();
  return async (algorithm) => {
    const pair = last.then(() => generators[algorithm]());
    last = pair.catch(() => undefined);
    const { publicKey, privateKey } = await pair;
    const publicJwk = exportPublicJwk(publicKey);
    return {
      publicJwk,
      kid: computeKid(publicJwk),
      privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    };
  };
};
