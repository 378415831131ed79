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
  const header = { alg: signer.algorithm, typ, kid: signer.kid };
  const signingInput = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
  return `${signingInput}.${Buffer.from(await signer.sign(signingInput)).toString('base64url')}`;
};

const encode = (text: string): string => Buffer.from(text).toString('base64url');
