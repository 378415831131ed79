import type { Signer } from '../ports/signing-backend.ts';

/** Signs JWTs with one key, whose header is the same in all of them. */
export interface JwtSigner extends Signer {
  /** The encoded JOSE header with `typ`: `alg`, `typ` and `kid`, in this order, and nothing else (AT-03, SV-08). */
  header(typ: string): string;
}

/** What is the same for every token of a key is made once, and is gone with the key. */
export const createJwtSigner = (signer: Signer): JwtSigner => {
  const { algorithm, kid } = signer;
  const headers = new Map<string, string>();
  return {
    ...signer,
    header: (typ) => {
      const known = headers.get(typ);
      if (known !== undefined) return known;
      const header = encode(JSON.stringify({ alg: algorithm, typ, kid }));
      headers.set(typ, header);
      return header;
    },
  };
};

/**
 * Signs `claims` as a compact JWS (RFC 7515 §7.1).
 *
 * @param typ one of the few types of our tokens: the signer keeps a header of each
 * @param claims the finished claims set; it is signed as it stands
 */
export const signJwt = async (
  signer: JwtSigner,
  { typ }: { readonly typ: string },
  claims: object,
): Promise<string> => {
  const signingInput = `${signer.header(typ)}.${encode(JSON.stringify(claims))}`;
  const { buffer, byteOffset, byteLength } = await signer.sign(signingInput);
  return `${signingInput}.${Buffer.from(buffer, byteOffset, byteLength).toString('base64url')}`;
};

const encode = (text: string): string => Buffer.from(text).toString('base64url');
