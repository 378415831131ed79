import { generateKeyPairSync, type webcrypto } from 'node:crypto';
import { createFakeIssuer, type FakeIssuer } from '../../test/support/fake-issuer.ts';
import type { Registrations } from '../contenders/contender.ts';
import { seededIdentity } from '../seed-accounts.ts';
import type { KnownIssuer } from '../the-exchange.ts';
import { githubClaims } from './github-claims.ts';
import { type ManyIssuers, startManyIssuers } from './many-issuers.ts';
import { signMany, type Signer, type TokenAlgorithm, tokenAlgorithms } from './sign-many.ts';

/** An issuer as the one that signs, with the key it publishes. */
export interface IssuerSigner extends Signer {
  readonly issuer: string;
  readonly jwk: webcrypto.JsonWebKey;
}

/** Issuers, keys and tokens of a run. */
export interface Supplies {
  readonly registrations: Registrations;
  /** The issuer of an algorithm as the one that signs. */
  signerOf(algorithm: TokenAlgorithm): IssuerSigner;
  /** Distinct tokens of the account with a federation; signed when they are asked for first, and kept. */
  tokens(algorithm: TokenAlgorithm): Promise<readonly string[]>;
  /** Whose tokens become seeded accounts: the RS256 issuer, or so many. */
  seedIssuers(count: number): Promise<readonly KnownIssuer[]>;
  /** Distinct RS256 tokens of seeded accounts, spread evenly over all of them. */
  seededTokens(accounts: number, issuers: number): Promise<readonly string[]>;
  /** Signs for the account with a key of its own. */
  readonly ownKey: Signer;
  close(): Promise<void>;
}

const signerOfIssuer = (issuer: FakeIssuer, algorithm: TokenAlgorithm): IssuerSigner => {
  const key = issuer.keys[0];
  if (key === undefined) throw new Error('the issuer has no key');
  return { algorithm, kid: key.kid, privateKey: key.privateKey, issuer: issuer.issuer, jwk: key.jwk };
};

/**
 * Starts an issuer for each algorithm.
 *
 * @param poolSize distinct tokens of one kind
 */
export const openSupplies = async (poolSize: number, say: (line: string) => void): Promise<Supplies> => {
  const issuers = new Map<TokenAlgorithm, FakeIssuer>();
  for (const algorithm of tokenAlgorithms) issuers.set(algorithm, await createFakeIssuer({ algorithm }));
  const signerOf = (algorithm: TokenAlgorithm) => {
    const issuer = issuers.get(algorithm);
    if (issuer === undefined) throw new Error(`nobody signs ${algorithm}`);
    return signerOfIssuer(issuer, algorithm);
  };
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ownKey: Signer = { algorithm: 'ES256', kid: 'own-key', privateKey };
  const many = new Map<number, ManyIssuers>();
  const pools = new Map<TokenAlgorithm, Promise<readonly string[]>>();

  const tokens = (algorithm: TokenAlgorithm): Promise<readonly string[]> => {
    const known = pools.get(algorithm);
    if (known !== undefined) return known;
    say(`  signing ${poolSize.toLocaleString('en')} tokens: ${algorithm}`);
    const signer = signerOf(algorithm);
    const signed = signMany(
      poolSize,
      () => signer,
      (index) => githubClaims(signer.issuer, index),
    );
    pools.set(algorithm, signed);
    return signed;
  };
  const seedIssuers = async (count: number): Promise<readonly KnownIssuer[]> => {
    const { issuer, jwk } = signerOf('RS256');
    if (count === 1) return [{ issuer, jwksUri: `${issuer}/jwks.json` }];
    const known = many.get(count) ?? (await startManyIssuers(count, jwk));
    many.set(count, known);
    return known.issuers;
  };

  return {
    registrations: {
      issuers: [...issuers.values()].map(({ issuer, jwksUri }) => ({ issuer, jwksUri })),
      publicKey: { ...publicKey.export({ format: 'jwk' }), kid: ownKey.kid, alg: 'ES256', use: 'sig' },
    },
    signerOf,
    tokens,
    seedIssuers,
    seededTokens: async (accounts, issuerCount) => {
      const known = (await seedIssuers(issuerCount)).map((entry) => ({ ...entry, jwks: null }));
      const signer = signerOf('RS256');
      say(`  signing ${poolSize.toLocaleString('en')} tokens of ${accounts.toLocaleString('en')} accounts`);
      return signMany(
        poolSize,
        () => signer,
        (index) => {
          // Evenly over all accounts, and one after the other where there are fewer accounts than tokens.
          const account = Math.floor(accounts > poolSize ? (index * accounts) / poolSize : index % accounts);
          const { issuer, subject, claims } = seededIdentity(account, known);
          return { ...githubClaims(issuer, index), ...claims, sub: subject };
        },
      );
    },
    ownKey,
    close: async () => {
      await Promise.all([...issuers.values(), ...many.values()].map((issuer) => issuer.close()));
    },
  };
};
