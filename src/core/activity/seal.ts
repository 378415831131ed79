import { decodeBase64Url, decodeUtf8 } from '../jwt/base64url.ts';
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwt/algorithms.ts';
import { type JsonObject, member } from '../json.ts';
import { parseJsonObject } from '../json-text.ts';
import { fail, ok, type Result } from '../result.ts';

/**
 * What is signed about a trail, by its `typ` (RFC 8725 §3.11). Neither is a token: they have no `iss`, `sub`, `aud` or
 * `exp`, and the type is in no list of types that are accepted anywhere.
 */
export const sealTypes = { checkpoint: 'bureau-checkpoint+jws', export: 'bureau-export+jws' } as const;

/** One of {@link sealTypes}. */
export type SealType = (typeof sealTypes)[keyof typeof sealTypes];

/** A signed statement about a trail whose form is good; its signature is not verified yet. */
export interface Seal {
  readonly alg: SignatureAlgorithm;
  readonly kid: string;
  readonly claims: JsonObject;
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** Far beyond the largest: a tenant has some dozens of chains. */
const maxCharacters = 131_072;
const limits = { maxDepth: 8, maxMembers: 2000 };

const parseSegment = (segment: string | undefined): JsonObject | null => {
  const bytes = segment === undefined ? null : decodeBase64Url(segment);
  const text = bytes === null ? null : decodeUtf8(bytes);
  const parsed = text === null ? null : parseJsonObject(text, limits);
  return parsed?.ok === true ? parsed.value : null;
};

/** Reads a compact JWS of this type; one spelling alone is good, down to the unused bits of base64url. */
export const parseSeal = (text: string, type: SealType): Result<Seal, string> => {
  if (text.length > maxCharacters) return fail('it is too long');
  const [first, second, third, ...others] = text.split('.', 4);
  const header = parseSegment(first);
  const claims = parseSegment(second);
  const signature = third === undefined ? null : decodeBase64Url(third);
  if (header === null || claims === null || signature === null || others.length > 0)
    return fail('it is not a JWS in compact form');
  const [alg, kid] = [member(header, 'alg'), member(header, 'kid')];
  if (member(header, 'typ') !== type) return fail(`its type is not ${type}`);
  if (!isSignatureAlgorithm(alg) || typeof kid !== 'string' || Object.keys(header).length !== 3)
    return fail('its header is not one of ours');
  return ok({ alg, kid, claims, signingInput: `${first}.${second}`, signature });
};
