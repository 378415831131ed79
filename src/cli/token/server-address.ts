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
  const parsed = URL.parse(url);
  if (parsed === null) throw misused(`${what} is not a URL: ${printable(url)}`);
  // Not shown: it holds a password.
  if (parsed.username !== '' || parsed.password !== '')
    throw misused(`${what} must not hold a user name or a password`);
  const isSafe =
    parsed.protocol === 'https:' ||
    (parsed.protocol === 'http:' && (allowHttp || loopback.test(parsed.hostname)));
  if (!isSafe)
    throw misused(
      `${what} is not an https URL, and anybody on the way could read the token: ${printable(url)}`,
      'http is for this machine alone, or with --allow-http',
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
