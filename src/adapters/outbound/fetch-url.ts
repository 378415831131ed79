import { fail, ok, type Result } from '../../core/result.ts';
import { describeAddress, parseAddress } from './address-kind.ts';
import {
  endpointName,
  isHostName,
  isLocalhost,
  isLoopback,
  listsAddress,
  type OutboundAllow,
} from './outbound-allow.ts';

/** A URL that may be fetched, taken apart once. */
export interface FetchUrl {
  /** `https://host:port` without a default port, as {@link URL.origin}. */
  readonly origin: string;
  readonly protocol: 'https:' | 'http:';
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query, as written. */
  readonly path: string;
}

const shape = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(\/[^?#]*)?(\?[^#]*)?$/i;

/**
 * Takes a URL apart, or says why it is never fetched (A46, JF-11, AD-11). The text itself is judged, because a URL parser
 * turns `127.1`, `0x7f000001`, full-width digits and `%31` into addresses and drops `..`; a URL that another parser could
 * read in a second way has no business here.
 */
export const parseFetchUrl = (text: string, allow: OutboundAllow): Result<FetchUrl, string> => {
  if (text.length > 2048) return fail('The URL is longer than 2048 characters.');
  if (!/^[\x21-\x7e]+$/.test(text))
    return fail(
      'The URL must be plain ASCII without spaces; write other characters as %XX, a host name in its xn-- form.',
    );
  if (text.includes('#')) return fail('The URL must not have a fragment (#…).');
  if (/[\\<>"^`{|}]/.test(text)) return fail('The URL has a character that URLs do not have.');
  const [, scheme = '', authority = '', path = '', query = ''] = shape.exec(text) ?? [];
  const protocol = `${scheme.toLowerCase()}:`;
  if (protocol !== 'https:' && protocol !== 'http:') return fail('The URL must begin with https://.');
  if (authority.includes('@')) return fail('The URL must not carry a user name or password.');
  const pathProblem = findPathProblem(path, query);
  if (pathProblem !== null) return fail(pathProblem);
  const place = parseAuthority(authority, protocol);
  if (!place.ok) return place;
  const { host, port } = place.value;
  const problem = findPlaceProblem(protocol, host, port, allow);
  if (problem !== null) return fail(problem);
  const url = URL.canParse(text) ? new URL(text) : null;
  // The last word: if the platform's parser sees another host than we judged, neither is believed.
  if (url === null || parseHost(url.hostname) !== parseHost(host))
    return fail('The URL is not written in its plain form.');
  return ok({ origin: url.origin, protocol, host, port, path: `${path === '' ? '/' : path}${query}` });
};

/** Whether the operator listed this loopback place, so that `http:` is good enough there (contract §2). */
export const allowsLoopbackHttp = (allow: OutboundAllow, url: URL): boolean => {
  const host = parseHost(url.hostname);
  const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443);
  const address = parseAddress(host);
  if (address !== null) return isLoopback(address) && listsAddress(allow, address, port);
  return isLocalhost(host) && allow.endpoints.has(endpointName(host, port));
};

const findPathProblem = (path: string, query: string): string | null => {
  if (/%(?![0-9a-f]{2})/i.test(path + query)) return 'The URL has a % that begins no %XX.';
  if (/%(2e|2f|5c|[01][0-9a-f]|7f)/i.test(path))
    return 'The path of the URL hides dots, slashes or control characters behind %XX.';
  if (/\/\.{1,2}(\/|$)/.test(path)) return 'The path of the URL has dot segments (/./ or /../).';
  return null;
};

const parseAuthority = (
  authority: string,
  protocol: string,
): Result<{ host: string; port: number }, string> => {
  const found = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(authority);
  if (found === null) return fail('The URL has no readable host and port.');
  const host = (found[1] ?? '').toLowerCase();
  const port = found[2] === undefined ? (protocol === 'https:' ? 443 : 80) : Number(found[2]);
  if (port < 1 || port > 65535) return fail('The port must be between 1 and 65535.');
  if (host.startsWith('[')) {
    const inner = host.slice(1, -1);
    const address = parseAddress(inner);
    return address?.kind() === 'ipv6'
      ? ok({ host: inner, port })
      : fail('The host in brackets is not a plain IPv6 address.');
  }
  if (host.endsWith('.')) return fail('The host must not end with a dot.');
  if (host.includes('%')) return fail('The host must not be percent-encoded.');
  if (parseAddress(host) === null && !isHostName(host))
    return fail('The host is neither a host name nor an IP address in its plain form (such as 192.0.2.1).');
  return ok({ host, port });
};

const findPlaceProblem = (
  protocol: string,
  host: string,
  port: number,
  allow: OutboundAllow,
): string | null => {
  const address = parseAddress(host);
  const name = endpointName(host, port);
  const isListed = allow.endpoints.has(name) || (address !== null && listsAddress(allow, address, port));
  const remedy = `the operator can list ${name} in BUREAU_OUTBOUND_ALLOW`;
  if (protocol === 'http:') {
    const isLocal = address === null ? isLocalhost(host) : isLoopback(address);
    if (!isLocal)
      return 'The URL must begin with https://; http:// is for loopback hosts that the operator listed.';
    return isListed ? null : `The URL must begin with https://; for http:// to a loopback host ${remedy}.`;
  }
  if (isListed) return null;
  if (isLocalhost(host)) return `"${host}" is this machine; ${remedy}.`;
  if (address !== null) {
    const kind = describeAddress(address);
    if (kind.reach === 'never') return `${host} is ${kind.name}; nothing is fetched from there.`;
    if (kind.reach !== 'public') return `${host} is ${kind.name}; ${remedy}.`;
  }
  return port === 443 ? null : `Port ${port} is not the port of https (443); ${remedy}.`;
};

/** A host for comparison: lower case, no brackets, IPv6 in its shortest form. */
const parseHost = (host: string): string => {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return parseAddress(bare)?.toString() ?? bare;
};
