import ipaddr from 'ipaddr.js';

/** An IP address as ipaddr.js parses it. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * What an address is. `public` may be connected to; `inward` (private, loopback and shared networks) only where the operator
 * listed the host; `never` (metadata and link-local, multicast, unspecified, reserved, every IPv6 form that hides an IPv4
 * address) only where the operator listed the very address.
 */
export interface AddressKind {
  readonly reach: 'public' | 'inward' | 'never';
  /** In an administrator's words: `a loopback address`. */
  readonly name: string;
}

const publicAddress: AddressKind = { reach: 'public', name: 'a public address' };

/** Metadata services outside the link-local range: Alibaba Cloud, Oracle, Azure's wire server. */
const metadataAddresses = new Set([
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

const kindOfRange: Readonly<Record<string, AddressKind>> = {
  loopback: { reach: 'inward', name: 'a loopback address' },
  private: { reach: 'inward', name: 'a private address' },
  uniqueLocal: { reach: 'inward', name: 'a private (unique local) address' },
  carrierGradeNat: { reach: 'inward', name: 'a shared (carrier-grade NAT) address' },
  linkLocal: { reach: 'never', name: 'a link-local or metadata address' },
  unspecified: { reach: 'never', name: 'an unspecified address' },
  broadcast: { reach: 'never', name: 'a broadcast address' },
  multicast: { reach: 'never', name: 'a multicast address' },
  ipv4Mapped: { reach: 'never', name: 'an IPv4-mapped address' },
  rfc6145: { reach: 'never', name: 'an IPv4-translated address' },
  rfc6052: { reach: 'never', name: 'a NAT64 address' },
  '6to4': { reach: 'never', name: 'a 6to4 address' },
  teredo: { reach: 'never', name: 'a Teredo address' },
};

/** 2000::/3, the only part of IPv6 that is handed out as global unicast (RFC 4291 §2.4). */
const globalUnicast: [ipaddr.IPv6, number] = [new ipaddr.IPv6([0x2000, 0, 0, 0, 0, 0, 0, 0]), 3];

/** What `address` is (JF-11, A46). Anything not known to be public is not public. */
export const describeAddress = (address: Address): AddressKind => {
  if (metadataAddresses.has(address.toString()))
    return { reach: 'never', name: 'a metadata service address' };
  const range: string = address.range();
  const special = kindOfRange[range];
  if (special !== undefined) return special;
  if (range !== 'unicast') return { reach: 'never', name: 'a reserved or documentation address' };
  if (address.kind() === 'ipv6' && !address.match(globalUnicast))
    return { reach: 'never', name: 'not a global unicast address' };
  return publicAddress;
};

/** Reads an address in its one plain spelling (dotted quad, or IPv6 without zone and brackets); `null` for any other text. */
export const parseAddress = (text: string): Address | null => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.IPv6.parse(text);
};
