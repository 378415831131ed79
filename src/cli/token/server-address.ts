import { fail, ok, type Result } from '../../core/result.ts';
import { misused } from '../command-failed.ts';
import { printable } from './printable.ts';

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Holds an address against the rule for tokens on the wire: https, or http on this machine alone.
 *
 * @param what names the address in the sentence
 * @throws CommandFailed (misused)
 */
export const requireSafeUrl = (url: string, what: string, allowHttp: boolean): void => {
  const checked = checkUrl(url, allowHttp);
  if (!checked.ok) throw misused(`${what} ${checked.error}: ${printable(url)}`);
};

const checkUrl = (url: string, allowHttp: boolean): Result<URL, string> => {
  const parsed = URL.parse(url);
  if (parsed === null) return fail('is not a URL');
  if (parsed.username !== '' || parsed.password !== '')
    return fail('must not hold a user name or a password');
  if (parsed.protocol === 'https:') return ok(parsed);
  if (parsed.protocol !== 'http:') return fail('is not an https URL');
  if (loopback.test(parsed.hostname) || allowHttp) return ok(parsed);
  return fail(
    'is http and not of this machine, so that anybody on the way could read the token (--allow-http)',
  );
};

/**
 * The issuer identifier of a tenant (contract §1, §3): that of tenant `default` is the server's own address.
 *
 * @param server as typed; one slash at its end is forgiven
 */
export const issuerOf = (server: string, tenant: string | null): string => {
  const base = server.replace(/\/$/, '');
  if (tenant === null || tenant === 'default' || base.endsWith(`/t/${tenant}`)) return base;
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant))
    throw misused(`${printable(tenant)} cannot be the name of a tenant`);
  return `${base}/t/${tenant}`;
};
