import ipaddr from 'ipaddr.js';
import { createRecentMap } from '../core/recent-map.ts';

/** Of so many addresses it is remembered in which network they stand: to read one takes longer than to count all there is. */
const mostNetworks = 10_000;

/**
 * What counts as one caller by its address: the /64 an IPv6 address stands in, for one subscriber holds all of it; an IPv4
 * address, also in its IPv6 form, is itself.
 */
export const createNetworkOf = (): ((address: string) => string) => {
  const networks = createRecentMap<string>(mostNetworks);
  return (address) =>
    address.includes(':') ? (networks.get(address) ?? networks.set(address, readNetwork(address))) : address;
};

const readNetwork = (address: string): string => {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
};
