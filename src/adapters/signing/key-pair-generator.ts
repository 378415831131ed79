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

/** Makes the key pair of an account with node:crypto. */
export const generateAccountKeyPair: GenerateAccountKeyPair = async (algorithm) => {
  const { publicKey, privateKey } = await generators[algorithm]();
  const publicJwk = exportPublicJwk(publicKey);
  return {
    publicJwk,
    kid: computeKid(publicJwk),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
};
