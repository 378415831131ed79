import { maxTokenBytes } from '../../core/jwt/compact-form.ts';
import { misused } from '../command-failed.ts';
import { printable } from './printable.ts';
import { parseObject } from './token-answer.ts';

/** What a token says of itself; nobody here verified it. */
export interface UnverifiedClaims {
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audience: readonly string[];
  /** Seconds since 1970. */
  readonly expiresAt: number | null;
}

const compactForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The token in the text of a variable, a file or an answer, without the line end that files have.
 *
 * @throws CommandFailed (misused) for what no server could read as a JWT; the sentence does not show it
 */
export const readJwt = (text: string, where: string): string => {
  const token = text.trim();
  if (token === '') throw misused(`${where} is empty`);
  if (token.length > maxTokenBytes) throw misused(`${where} is longer than a token may be`);
  if (!compactForm.test(token) || peekClaims(token) === null)
    throw misused(`${where} holds no JWT (header.claims.signature)`);
  return token;
};

/** The claims of a JWT; `null` for a text that is none. */
export const peekClaims = (token: string): UnverifiedClaims | null => {
  const [, segment = ''] = token.split('.', 3);
  const claims = parseObject(Buffer.from(segment, 'base64url').toString('utf8'));
  if (claims === null) return null;
  const { iss, sub, aud, exp } = claims;
  return {
    issuer: textOf(iss),
    subject: textOf(sub),
    audience: (Array.isArray(aud) ? aud : [aud]).filter((item): item is string => typeof item === 'string'),
    expiresAt: typeof exp === 'number' && Math.abs(exp) < 8.64e12 ? exp : null,
  };
};

/** The claims in one line for people. */
export const describeClaims = ({ issuer, subject, audience, expiresAt }: UnverifiedClaims): string =>
  [
    `iss=${show(issuer)}`,
    `sub=${show(subject)}`,
    `aud=${audience.length === 0 ? 'absent' : audience.map(show).join(',')}`,
    `exp=${expiresAt === null ? 'absent' : new Date(expiresAt * 1000).toISOString()}`,
  ].join(' ');

const show = (text: string | null): string => (text === null ? 'absent' : printable(text));

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
