import { showMembers } from '../activity/show-members.ts';
import type { JsonObject } from '../json.ts';
import { parseJsonObject } from '../json-text.ts';
import { decodeBase64Url, decodeUtf8 } from './base64url.ts';

/** A header has few members, and all of them matter. */
const headerRoom = 1024;

/** Longer texts are no token of anybody; nothing in them is read. */
const maxLength = 65_536;

const limits = { maxDepth: 32, maxMembers: 256, maxValues: 1024 } as const;

/** Header and claims of a token; `null` for a part that is none. */
export interface TokenParts {
  readonly header: JsonObject | null;
  readonly claims: JsonObject | null;
}

/**
 * Header and claims of whatever was presented as a token, as far as they can be read, for the evidence: `null` for a part
 * that is none. Never the signature, never the text itself, within about `room` characters of JSON (A102). Of an encrypted
 * token the header is read.
 */
export const showToken = (token: string, room: number): TokenParts => {
  const [first = '', second = ''] = token.length > maxLength ? [] : token.trim().split('.', 5);
  return showTokenParts({ header: readPart(first), claims: readPart(second) }, room);
};

/** {@link showToken} of a token that was read before. */
export const showTokenParts = ({ header, claims }: TokenParts, room: number): TokenParts => ({
  header: header === null ? null : showMembers(header, headerRoom),
  claims: claims === null ? null : showMembers(claims, room),
});

const readPart = (segment: string): JsonObject | null => {
  const bytes = segment === '' ? null : decodeBase64Url(segment);
  const text = bytes === null ? null : decodeUtf8(bytes);
  const parsed = text === null ? null : parseJsonObject(text, limits);
  return parsed?.ok === true ? parsed.value : null;
};
