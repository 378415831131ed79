import { fail, ok, type Result } from '../result.ts';

/** A SPIFFE ID (SPIFFE-ID §2): `spiffe://<trust domain><path>`. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** Empty, or beginning with a slash. */
  readonly path: string;
}

/** The longest SPIFFE ID in bytes, and all of them are ASCII (SPIFFE-ID §2.3, SV-04). */
export const maxSpiffeIdBytes = 2048;
const maxTrustDomainBytes = 255;
const scheme = 'spiffe://';

/** Reads the canonical form and no other: nothing is lower-cased, decoded or cleaned up (SV-01 to SV-05). */
export const parseSpiffeId = (text: string): Result<SpiffeId, string> => {
  if (text.length > maxSpiffeIdBytes) return fail(`A SPIFFE ID has at most ${maxSpiffeIdBytes} bytes.`);
  if (!text.startsWith(scheme)) return fail('A SPIFFE ID begins with spiffe://, in lower case.');
  const rest = text.slice(scheme.length);
  const slash = rest.indexOf('/');
  const trustDomain = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash);
  const wrong = refuseTrustDomain(trustDomain) ?? refusePath(path);
  return wrong === null ? ok({ trustDomain, path }) : fail(wrong);
};

/** Why `name` is no trust domain, or `null` (SPIFFE-ID §2.1, SV-02). */
export const refuseTrustDomain = (name: string): string | null => {
  if (name === '') return 'The trust domain is missing.';
  if (name.length > maxTrustDomainBytes) return `A trust domain has at most ${maxTrustDomainBytes} bytes.`;
  return /^[a-z0-9._-]+$/.test(name)
    ? null
    : 'A trust domain has lower-case letters, digits, dots, dashes and underscores; no port, no user, no escapes.';
};

/** Whether `text` may stand between two slashes of the path (SPIFFE-ID §2.2, SV-03, A75). */
export const isPathSegment = (text: string): boolean =>
  /^[A-Za-z0-9._-]+$/.test(text) && text !== '.' && text !== '..';

const refusePath = (path: string): string | null => {
  if (path === '') return null;
  const wrong = path
    .slice(1)
    .split('/')
    .find((segment) => !isPathSegment(segment));
  if (wrong === undefined) return null;
  if (wrong === '') return 'The path has an empty segment, or ends with a slash.';
  return 'A segment of the path has letters, digits, dots, dashes and underscores, and is neither . nor ..; no escapes.';
};
