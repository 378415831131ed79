import { generateKeyPairSync } from 'node:crypto';

/** A fresh public P-256 key as a JWK. */
export const exampleKey: Readonly<Record<string, unknown>> = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'example',
};
