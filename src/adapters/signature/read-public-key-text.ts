import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { fail, ok } from '../../core/result.ts';
import type { ReadPublicKeyText } from '../../ports/public-key-text.ts';

interface FoundKey {
  readonly key: KeyObject;
  readonly expiresAt: number | null;
}

const readers: Readonly<Record<string, (pem: string) => FoundKey>> = {
  'PUBLIC KEY': (pem) => ({ key: createPublicKey(pem), expiresAt: null }),
  'RSA PUBLIC KEY': (pem) => ({ key: createPublicKey(pem), expiresAt: null }),
  CERTIFICATE: (pem) => {
    const certificate = new X509Certificate(pem);
    return { key: certificate.publicKey, expiresAt: certificate.validToDate.getTime() };
  },
};

/** The first line of a private key of any format, also where it is written carelessly. */
const privateBlock = /- ?BEGIN [^\r\n]{0,64}PRIVATE KEY/i;

/**
 * {@link ReadPublicKeyText} with node:crypto. The label decides what is read: left to itself, `createPublicKey` would take
 * the public half of a private key, and its owner would never hear that it had left the house.
 */
export const readPublicKeyText: ReadPublicKeyText = (pem) => {
  if (privateBlock.test(pem))
    return fail(
      'This is a private key. Replace it, for it has left its owner, and send the public half of the new one.',
    );
  const [label, ...others] = [...pem.matchAll(/-----BEGIN ([^-]*)-----/g)].map(([, found]) => found ?? '');
  if (label === undefined)
    return fail(
      'This is neither PEM nor a JWK. PEM begins with -----BEGIN PUBLIC KEY-----; a JWK is a JSON object.',
    );
  if (others.length > 0)
    return fail('There are several PEM blocks. Send the one of the key, or of its own certificate.');
  const read = Object.hasOwn(readers, label) ? readers[label] : undefined;
  if (read === undefined)
    return fail(
      'The PEM block is none of PUBLIC KEY, RSA PUBLIC KEY and CERTIFICATE. Convert the key to SPKI.',
    );
  try {
    const { key, expiresAt } = read(pem);
    return ok({ jwk: key.export({ format: 'jwk' }) as JsonObject, expiresAt });
  } catch {
    return fail('The PEM block cannot be read as a public key of type RSA, EC or Ed25519.');
  }
};
