import ipaddr from 'ipaddr.js';
import { fail, ok, type Result } from '../../core/result.ts';
import { type Address, describeAddress, parseAddress } from './address-kind.ts';

/** What the operator lists in BUREAU_OUTBOUND_ALLOW: the non-public places that outgoing fetches may reach (contract §2). */
export interface OutboundAllow {
  /** `host:port`, lower case, IPv6 in brackets in its shortest form. */
  readonly endpoints: ReadonlySet<string>;
  readonly networks: readonly (readonly [Address, number])[];
}

/** Reads the list (`host:port` and CIDR, comma separated or already split), or gives one sentence per bad entry. */
export const parseOutboundAllow = (
  list: string | readonly string[],
): Result<OutboundAllow, readonly string[]> => {
  const entries = (typeof list === 'string' ? list.split(',') : list).map((entry) => entry.trim());
  const endpoints = new Set<string>();
  const networks: (readonly [Address, number])[] = [];
  const problems: string[] = [];
  for (const entry of entries.filter((text) => text !== '')) {
    const network = parseNetwork(entry);
    const endpoint = parseEndpoint(entry);
    if (network !== null) networks.push(network);
    else if (endpoint !== null) endpoints.add(endpoint);
    else
      problems.push(
        `"${entry}" is neither host:port (10.0.0.5:6443, [fd00::5]:443, idp.internal:443) nor a CIDR (10.0.0.0/8)`,
      );
  }
  return problems.length === 0 ? ok({ endpoints, networks }) : fail(problems);
};

/** `host:port` as {@link OutboundAllow} spells it; `host` without brackets. */
export const endpointName = (host: string, port: number): string => {
  const address = parseAddress(host);
  if (address === null) return `${host.toLowerCase()}:${port}`;
  return address.kind() === 'ipv6' ? `[${address.toString()}]:${port}` : `${address.toString()}:${port}`;
};

/** Whether the operator listed this very address: as a literal with this port, or in a network. */
export const listsAddress = (allow: OutboundAllow, address: Address, port: number): boolean =>
  allow.endpoints.has(endpointName(address.toString(), port)) ||
  allow.networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

/**
 * Why a connection for `host:port` may not go to `address`, or `null`. `address` is the one connected to, so what a name
 * answered earlier does not matter (A47). A listed name reaches private networks, but never link-local or metadata ones.
 */
export const refuseAddress = (
  allow: OutboundAllow,
  address: Address,
  host: string,
  port: number,
): string | null => {
  const kind = describeAddress(address);
  if (isLocalhost(host) && !isLoopback(address))
    return `${address.toString()} is not a loopback address, and "${host}" must be one`;
  if (kind.reach === 'public' || listsAddress(allow, address, port)) return null;
  if (kind.reach === 'inward' && allow.endpoints.has(endpointName(host, port))) return null;
  if (kind.reach === 'never') return `${address.toString()} is ${kind.name}; nothing is fetched from there`;
  return `${address.toString()} is ${kind.name}; list it in BUREAU_OUTBOUND_ALLOW if Bureau should fetch from there`;
};

/** Whether `host` is `localhost` or below it (RFC 6761 §6.3). */
export const isLocalhost = (host: string): boolean => /(^|\.)localhost$/i.test(host);

/** Whether `address` is 127.0.0.0/8 or ::1. */
export const isLoopback = (address: Address): boolean => address.range() === 'loopback';

const parseNetwork = (entry: string): readonly [Address, number] | null => {
  const [text = '', bits = '', ...rest] = entry.split('/');
  const address = parseAddress(text);
  if (address === null || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return null;
  return Number(bits) <= (address.kind() === 'ipv4' ? 32 : 128) ? [address, Number(bits)] : null;
};

const parseEndpoint = (entry: string): string | null => {
  const found = /^(?:\[([^\]]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(entry);
  const host = found?.[1] ?? found?.[2] ?? '';
  const port = Number(found?.[3]);
  if (host === '' || !(port >= 1 && port <= 65535)) return null;
  const isBracketed = found?.[1] !== undefined;
  if (isBracketed) return parseAddress(host) instanceof ipaddr.IPv6 ? endpointName(host, port) : null;
  return isHostName(host) || parseAddress(host) !== null ? endpointName(host, port) : null;
};

/** Whether `host` is a host name: letters, digits and hyphens in labels, and not a number in disguise (`127.1`, `0x7f.1`). */
export const isHostName = (host: string): boolean =>
  host.length <= 253 &&
  host.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)) &&
  !/^(\d+|0x[0-9a-f]*)$/i.test(host.slice(host.lastIndexOf('.') + 1));
