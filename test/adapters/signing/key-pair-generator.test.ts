import { createPrivateKey, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, CompactSign, importJWK, importPKCS8 } from 'jose';
import { describe, expect, it } from 'vitest';
import { createKeyPairGenerator } from '../../../src/adapters/signing/key-pair-generator.ts';
import { accountKeyAlgorithms } from '../../../src/core/accounts/account-key-algorithm.ts';

const generateAccountKeyPair = createKeyPairGenerator();

describe.each(accountKeyAlgorithms)('generateAccountKeyPair %s', (algorithm) => {
  it('contract §5 gives a PKCS#8 private key and its public half, kid by thumbprint (MD-12)', async () => {
    const { publicJwk, kid, privateKeyPem } = await generateAccountKeyPair(algorithm);
    expect(privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(kid).toBe(await calculateJwkThumbprint({ ...publicJwk }, 'sha256'));
    const jws = await new CompactSign(Buffer.from('payload'))
      .setProtectedHeader({ alg: algorithm })
      .sign(await importPKCS8(privateKeyPem, algorithm));
    await expect(compactVerify(jws, await importJWK(publicJwk, algorithm))).resolves.toBeDefined();
  });

  it('MD-10 A62 the public half has no private member', async () => {
    const { publicJwk, privateKeyPem } = await generateAccountKeyPair(algorithm);
    const derived = createPublicKey(createPrivateKey(privateKeyPem)).export({ format: 'jwk' });
    expect(publicJwk).toEqual(derived);
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])
      expect(publicJwk).not.toHaveProperty(name);
  });

  it('never the same twice', async () => {
    const [one, two] = await Promise.all([
      generateAccountKeyPair(algorithm),
      generateAccountKeyPair(algorithm),
    ]);
    expect(one.kid).not.toBe(two.kid);
  });
});

it('A63 one pair after the other, in the order asked, however long each takes', async () => {
  const made: string[] = [];
  const make = async (algorithm: (typeof accountKeyAlgorithms)[number], name: string): Promise<void> => {
    await generateAccountKeyPair(algorithm);
    made.push(name);
  };
  await Promise.all([
    make('RS256', 'first'),
    make('ES256', 'second'),
    make('RS256', 'third'),
    make('Ed25519', 'last'),
  ]);
  expect(made).toEqual(['first', 'second', 'third', 'last']);
});
