import {
  type Check,
  checksOf,
  failed,
  grant,
  passed,
  refuse,
  type Seen,
  type Verdict,
} from '../activity/check.ts';
import { presentText } from '../activity/present.ts';
import type { JsonObject } from '../json.ts';
import type { JsonDefect, JsonLimits } from '../json-reader.ts';
import { parseJsonObject } from '../json-text.ts';
import type { RefusalReason } from '../oauth/reasons.ts';
import { fail, type Result } from '../result.ts';
import { decodeBase64Url, decodeUtf8 } from './base64url.ts';
import { type JoseHeader, readHeader } from './read-header.ts';
import { recogniseText } from './recognise-text.ts';
import { seenInClaims } from './claims.ts';

/** The longest token that is looked at, in characters (contract §3, A20). */
export const maxTokenBytes = 16_384;

/** A JWS in compact form (RFC 7515 §7.1) whose shape is good; nothing in it is verified yet. */
export interface CompactJws {
  readonly header: JoseHeader;
  readonly claims: JsonObject;
  /** The two first segments with the dot between them (RFC 7515 §5.2). */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** More than anybody's token has; each of them costs (A36). */
const jsonLimits: JsonLimits = { maxDepth: 32, maxMembers: 256, maxValues: 1024 };

const expectedSize = `at most ${maxTokenBytes} characters`;
const expectedForm = 'three base64url segments joined by two dots: a signed JWT in compact form';
const expectedJson = `header and claims are unambiguous JSON objects in UTF-8: no member twice, at most ${jsonLimits.maxDepth} deep, at most ${jsonLimits.maxMembers} members and ${jsonLimits.maxValues} values`;
const formIsGood = passed('token.form', expectedForm, 'three canonical segments');
const jsonIsGood = passed('token.json', expectedJson, 'two such objects');

/**
 * Reads a token as a JWS in compact form; the checks, in order: `token.size`, `token.form`, `token.json`, then those of
 * {@link readHeader} (ST-01 to ST-04, ST-08 to ST-11; A01, A04 to A07, A15 to A20, A33, A34, A36).
 *
 * Pure, and decides on the text alone: no key, no issuer, no clock. `seen` carries issuer, subject and audience,
 * unverified, as soon as the claims can be read. The evidence never holds token text.
 */
export const parseCompactJws = (token: string): Verdict<CompactJws> => {
  const size = (): string => `${token.length} characters`;
  if (token.length > maxTokenBytes)
    return refuse('token_too_large', [failed('token.size', expectedSize, size(), hintForSize(token))]);
  const sizeIsGood = (): Check => passed('token.size', expectedSize, size());

  const dots = countDots(token);
  const firstDot = token.indexOf('.');
  const lastDot = token.lastIndexOf('.');
  const headerBytes = dots === 2 ? decodeBase64Url(token.slice(0, firstDot)) : null;
  const claimsBytes = dots === 2 ? decodeBase64Url(token.slice(firstDot + 1, lastDot)) : null;
  const signature = dots === 2 ? decodeBase64Url(token.slice(lastDot + 1)) : null;
  if (!headerBytes?.length || !claimsBytes?.length || !signature?.length) {
    return refuse('token_malformed', [sizeIsGood(), describeForm(token, dots)]);
  }

  const claims = parseSegment(claimsBytes);
  const seen: Seen = claims.ok ? seenInClaims(claims.value) : {};
  const header = parseSegment(headerBytes);
  if (!header.ok) return refuseJson('header', header.error, [sizeIsGood(), formIsGood], seen);
  if (!claims.ok) return refuseJson('claims', claims.error, [sizeIsGood(), formIsGood], seen);

  const headerVerdict = readHeader(header.value);
  const checks = () => [sizeIsGood(), formIsGood, jsonIsGood, ...checksOf(headerVerdict)];
  if (!headerVerdict.ok) return refuse(headerVerdict.reason, checks(), seen);
  const signingInput = token.slice(0, lastDot);
  return grant({ header: headerVerdict.value, claims: claims.value, signingInput, signature }, checks, seen);
};

/** More dots than that are not counted. */
const mostDots = 99;

/** Counted before anything is split, so that a million dots make no million strings (A19). */
const countDots = (token: string): number => {
  let dots = 0;
  for (let index = token.indexOf('.'); index !== -1 && dots < mostDots; index = token.indexOf('.', index + 1))
    dots++;
  return dots;
};

const parseSegment = (bytes: Uint8Array): Result<JsonObject, JsonDefect> => {
  const text = decodeUtf8(bytes);
  return text === null
    ? fail({ kind: 'text', detail: 'it is not valid UTF-8' })
    : parseJsonObject(text, jsonLimits);
};

const refuseJson = (
  part: string,
  defect: JsonDefect,
  before: readonly Check[],
  seen: Seen,
): Verdict<never> => {
  const reason: RefusalReason =
    defect.kind === 'repeated-member' ? 'token_member_repeated' : 'token_malformed';
  return refuse(
    reason,
    [
      ...before,
      failed('token.json', expectedJson, presentText(`${part}: ${defect.detail}`), hintForJson(defect)),
    ],
    seen,
  );
};

const hintForJson = ({ kind }: JsonDefect): string =>
  kind === 'repeated-member'
    ? 'Two readers could take two different values for the claim; whoever makes the token has to write it once.'
    : 'The token looks like a JWT and is none: it was cut, put together by hand, or made by a broken library.';

const hintForSize = (token: string): string =>
  countDots(token) > 2
    ? 'More than one token, or a whole file, was sent. Send the one token alone.'
    : 'Groups and roles mostly make a token that large. Have the issuer leave them out.';

const describeForm = (token: string, dots: number): Check => {
  const { kind, hint } = recogniseText(token);
  return failed('token.form', expectedForm, kind ?? describeSegments(token, dots), hint);
};

const describeSegments = (token: string, dots: number): string => {
  if (dots === mostDots) return `more than ${mostDots} segments`;
  if (dots !== 2) return `${dots + 1} segment${dots === 0 ? '' : 's'}`;
  return token.split('.', 6).includes('') ? 'an empty segment' : 'a segment that is not canonical base64url';
};
