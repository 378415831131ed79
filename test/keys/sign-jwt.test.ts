import { randomBytes } from 'node:crypto';
import { compactVerify, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { createLocalSigningBackend } from '../../src/adapters/signing/local.ts';
import { accessTokenAlgorithms } from '../../src/core/jwt/algorithms.ts';
import { createJwtSigner, signJwt } from '../../src/keys/sign-jwt.ts';

const backend = createLocalSigningBackend({ keyEncryptionKey: randomBytes(32) });
const make = async (algorithm: (typeof accessTokenAlgorithms)[number]) => {
  const { publicJwk, sealedPrivateKey } = await backend.generate('access-token', algorithm);
  const key = { kid: publicJwk.kid, purpose: 'access-token', algorithm, sealedPrivateKey } as const;
  return {
    signer: createJwtSigner(await backend.open(key)),
    publicKey: await importJWK(publicJwk, algorithm),
  };
};

describe.each(accessTokenAlgorithms)('signJwt %s', (algorithm) => {
  it('AT-03 SV-08 has a header of alg, typ and kid, in this order', async () => {
    const { signer } = await make(algorithm);
    const [header] = (await signJwt(signer, { typ: 'at+jwt' }, { sub: 'a' })).split('.');
    const text = Buffer.from(header ?? '', 'base64url').toString();
    expect(text).toBe(`{"alg":"${algorithm}","typ":"at+jwt","kid":"${signer.kid}"}`);
  });

  it('RFC 7515 §7.1 gives three canonical base64url segments', async () => {
    const { signer } = await make(algorithm);
    const segments = (await signJwt(signer, { typ: 'JWT' }, { sub: 'ü\u0000"\\' })).split('.');
    expect(segments).toHaveLength(3);
    for (const segment of segments)
      expect(Buffer.from(segment, 'base64url').toString('base64url')).toBe(segment);
  });

  it('RFC 7519 §7.1 signs the claims as they stand, and jose verifies them', async () => {
    const { signer, publicKey } = await make(algorithm);
    const claims = {
      iss: 'https://sts.example',
      sub: 'größe 🐇',
      aud: 'a',
      iat: 1,
      exp: 4_000_000_000,
      nested: { a: [1] },
    };
    const token = await signJwt(signer, { typ: 'at+jwt' }, claims);
    const { payload } = await jwtVerify(token, publicKey, { algorithms: [algorithm], typ: 'at+jwt' });
    expect(payload).toEqual(claims);
    expect(decodeProtectedHeader(token).kid).toBe(signer.kid);
    const [header, body, signature] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'other' })).toString('base64url');
    expect(forged).not.toBe(body);
    await expect(compactVerify(`${header}.${forged}.${signature}`, publicKey)).rejects.toThrow();
  });
});

describe('createJwtSigner', () => {
  it('AT-03 SV-08 keeps the header of each typ apart, and those of two keys', async () => {
    const [one, other] = await Promise.all([make('ES256'), make('ES256')]);
    const read = ({ signer }: typeof one, typ: string): unknown =>
      JSON.parse(Buffer.from(signer.header(typ), 'base64url').toString());
    for (const made of [one, other, one])
      for (const typ of ['JWT', 'at+jwt', 'JWT'])
        expect(read(made, typ)).toEqual({ alg: 'ES256', typ, kid: made.signer.kid });
    expect(one.signer.kid).not.toBe(other.signer.kid);
  });
});
