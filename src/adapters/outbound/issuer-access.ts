import { readFile } from 'node:fs/promises';
import { fail, ok, type Result } from '../../core/result.ts';

/**
 * How the operator lets Bureau into key sets that are not open to all, by origin: clusters keep theirs behind a CA and a
 * service account token. Configuration only, never the API: else an administrator could have any file read and sent (A114).
 */
export interface IssuerAccess {
  /** For example `https://10.0.0.1:6443`, as `URL.origin` writes it; the token goes to exactly this origin. */
  readonly origin: string;
  /** Read anew for each fetch, because such tokens are rotated. */
  readonly bearerTokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** What a request to one origin is sent with. */
export interface OpenedAccess {
  readonly authorization: string | null;
  readonly ca: string | null;
}

/**
 * Reads what is needed for `origin`. Where the operator speaks for an origin, its TLS trust is the operator's too: a CA
 * that came through the API could otherwise have the token sent to whoever holds that CA.
 */
export const openIssuerAccess = async (
  access: readonly IssuerAccess[],
  origin: string,
  caCertificates: string | null,
  signal: AbortSignal,
): Promise<Result<OpenedAccess, string>> => {
  const entry = access.find((candidate) => candidate.origin === origin);
  if (entry === undefined) return ok({ authorization: null, ca: caCertificates });
  if (entry.bearerTokenFile !== undefined && entry.caFile === undefined && caCertificates !== null)
    return fail(
      'The operator set a bearer token for this origin, so its CA must be set there too (issuerAccess caFile), not at the trusted issuer.',
    );
  const ca = entry.caFile === undefined ? ok(caCertificates) : await readShort(entry.caFile, 'CA', signal);
  if (!ca.ok) return ca;
  if (entry.bearerTokenFile === undefined) return ok({ authorization: null, ca: ca.value });
  const token = await readShort(entry.bearerTokenFile, 'bearer token', signal);
  if (!token.ok) return token;
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token.value))
    return fail('The bearer token file set for this origin holds no bearer token (RFC 6750 §2.1).');
  return ok({ authorization: `Bearer ${token.value}`, ca: ca.value });
};

const readShort = async (
  path: string,
  what: string,
  signal: AbortSignal,
): Promise<Result<string, string>> => {
  try {
    const text = (await readFile(path, { encoding: 'utf8', signal })).trim();
    if (text !== '' && text.length <= 256 * 1024) return ok(text);
    return fail(`The ${what} file set for this origin is empty or too large.`);
  } catch (error) {
    return fail(
      `The ${what} file set for this origin cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`,
    );
  }
};
