import type { Signer } from '../ports/signing-backend.ts';

/**
 * Signs `claims` as a compact JWS (RFC 7515 §7.1). The header has `alg`, `typ` and `kid`, in this order, and nothing else
 * (AT-03, SV-08).
 *
 * @param claims the finished claims set; it is signed as it stands
 */
export const signJwt = async (
  signer: Signer,
  { typ }: { readonly typ: string },
  claims: object,
): Promise<string> => {
  const signingInput = `${headerOf(signer, typ)}.${encode(JSON.stringify(claims))}`;
  const { buffer, byteOffset, byteLength } = await signer.sign(signingInput);
  return `${signingInput}.${Buffer.from(buffer, byteOffset, byteLength).toString('base64url')}`;
};

/** Encoded headers by `typ`: what is the same for every token of a key is made once, and goes with the key. */
const headers = new WeakMap<Signer, Map<string, string>>();

const headerOf = (signer: Signer, typ: string): string => {
  const ofSigner = headers.get(signer) ?? new Map<string, string>();
  const known = ofSigner.get(typ);
  if (known !== undefined) return known;
  const header = encode(JSON.stringify({ alg: signer.algorithm, typ, kid: signer.kid }));
  headers.set(signer, ofSigner.set(typ, header));
  return header;
};

const encode = (text: string): string => Buffer.from(text).toString('base64url');
