import { fail, ok, type Result } from '../result.ts';

/** A SPIFFE ID (SPIFFE-ID §2): `spiffe://<trust domain><path>`. */
export interface SpiffeId {
  readonly trustDomain: string;
  /** Empty, or beginning with a slash. */
  readonly path: string;
}

/** What keeps a text from being a SPIFFE ID, and where it is, counted from 0. */
export interface SpiffeIdProblem {
  readonly position: number;
  readonly message: string;
}

/** The longest SPIFFE ID in bytes, and all of them are ASCII (SPIFFE-ID §2.3, SV-04). */
export const maxSpiffeIdBytes = 2048;
const maxTrustDomainBytes = 255;
const scheme = 'spiffe://';

/** Reads the canonical form and no other: nothing is lower-cased, decoded or cleaned up (SV-01 to SV-05). */
export const parseSpiffeId = (text: string): Result<SpiffeId, string> => {
  const problem = findSpiffeIdProblem(text);
  if (problem !== null) return fail(problem.message);
  const { trustDomain, path } = split(text);
  return ok({ trustDomain, path });
};

/** The first thing that keeps `text` from being a SPIFFE ID, or `null` (SPIFFE-ID §2.1 to §2.3). */
export const findSpiffeIdProblem = (text: string): SpiffeIdProblem | null => {
  if (text.length > maxSpiffeIdBytes)
    return { position: maxSpiffeIdBytes, message: `A SPIFFE ID has at most ${maxSpiffeIdBytes} bytes.` };
  if (!text.startsWith(scheme))
    return { position: 0, message: `A SPIFFE ID begins with ${scheme}, in lower case.` };
  const { trustDomain, path } = split(text);
  const wrong = refuseTrustDomain(trustDomain);
  if (wrong !== null)
    return { position: scheme.length + Math.max(0, trustDomain.search(/[^a-z0-9._-]/)), message: wrong };
  return findPathProblem(path, scheme.length + trustDomain.length);
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

const split = (text: string): SpiffeId => {
  const rest = text.slice(scheme.length);
  const slash = rest.indexOf('/');
  return slash < 0
    ? { trustDomain: rest, path: '' }
    : { trustDomain: rest.slice(0, slash), path: rest.slice(slash) };
};

const findPathProblem = (path: string, start: number): SpiffeIdProblem | null => {
  let position = start + 1;
  for (const segment of path === '' ? [] : path.slice(1).split('/')) {
    if (segment === '') return { position, message: 'The path has an empty segment, or ends with a slash.' };
    if (!isPathSegment(segment))
      return {
        position: position + Math.max(0, segment.search(/[^A-Za-z0-9._-]/)),
        message:
          'A segment of the path has letters, digits, dots, dashes and underscores, and is neither . nor ..; no escapes.',
      };
    position += segment.length + 1;
  }
  return null;
};
