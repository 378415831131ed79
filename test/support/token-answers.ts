import { expect } from 'vitest';
import type { Answer } from './bureau-process.ts';
import type { TestBureau } from './test-bureau.ts';

/** RFC 6749 §5.2: what `error` and `error_description` may be made of. */
const printable = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;

/** A refusal in every respect that is true of each one (contract §3; threats.md «True of every refusal»). */
export const expectRefused = (answer: Answer, status: number, error: string): void => {
  expect({ status: answer.status, error: answer.body.error }).toEqual({ status, error });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description', 'errors', 'receipt']);
  expect(answer.body.error_description).toMatch(printable);
  expect(answer.body.receipt).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.has('www-authenticate')).toBe(status === 401);
  expect(answer.headers.has('retry-after')).toBe(status === 503 || status === 429);
};

/** A token was issued. */
export const expectIssued = (answer: Answer): void =>
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 900 } });

/** The reason an administrator finds behind the receipt. */
export const reasonBehind = async (bureau: TestBureau, answer: Answer): Promise<string> =>
  (await bureau.activity(answer.body.receipt)).reason;

/** A decoded access token of ours. */
export interface IssuedToken {
  readonly header: { readonly alg: string; readonly typ: string; readonly kid: string };
  readonly claims: {
    readonly iss: string;
    readonly sub: string;
    readonly aud: string;
    readonly client_id: string;
    readonly iat: number;
    readonly exp: number;
    readonly jti: string;
    readonly scope: string;
    readonly account_name: string;
    readonly owning_team: string;
    readonly role?: string;
  };
}

/** Decodes the token of an answer, without verifying it. */
export const readIssued = (answer: Answer): IssuedToken => {
  const [header = '', claims = ''] = String(answer.body.access_token).split('.');
  const read = (segment: string): unknown => JSON.parse(Buffer.from(segment, 'base64url').toString());
  return { header: read(header) as IssuedToken['header'], claims: read(claims) as IssuedToken['claims'] };
};
