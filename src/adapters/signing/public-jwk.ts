import { hash, type KeyObject } from 'node:crypto';
import type { PublicJwk } from '../../core/jwt/jwk.ts';
import { thumbprintInput } from '../../core/jwt/thumbprint-input.ts';

/** The public members of `publicKey`, and nothing else, as a JWK (RFC 7518 §6; RFC 8037 §2). */
export const exportPublicJwk = (publicKey: KeyObject): PublicJwk => {
  const { kty, n, e, crv, x, y } = publicKey.export({ format: 'jwk' });
  if (kty === 'RSA' && n !== undefined && e !== undefined) return { kty, n, e };
  if (kty === 'EC' && crv !== undefined && x !== undefined && y !== undefined) return { kty, crv, x, y };
  if (kty === 'OKP' && crv !== undefined && x !== undefined) return { kty, crv, x };
  throw new TypeError(`a key of type ${kty ?? 'unknown'} has no public JWK here`);
};

/** The key id of `jwk`: its RFC 7638 SHA-256 thumbprint (MD-12). */
export const computeKid = (jwk: PublicJwk): string => hash('sha256', thumbprintInput(jwk), 'base64url');
