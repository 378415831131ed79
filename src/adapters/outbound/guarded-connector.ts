import type { LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import { parseAddress } from './address-kind.ts';
import type { NameLookUp } from './look-up-name.ts';
import { type OutboundAllow, refuseAddress } from './outbound-allow.ts';

/** What a connector is made of. */
export interface GuardedConnectorOptions {
  readonly allow: OutboundAllow;
  readonly lookUp: NameLookUp;
  /** PEM certificates that alone vouch for the server; `null`: those Node trusts. */
  readonly ca: string | null;
  readonly connectMilliseconds: number;
  readonly signal: AbortSignal;
}

/** The address was refused before anything was sent to it. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/**
 * Connects only to an address that was judged, and to that very one (A47, JF-11). undici calls this for every connection,
 * IP literals included, which a `lookup` option alone never sees; the name is looked up here once, and the socket is given
 * the judged addresses instead of the name. TLS 1.2 or later, chain and name verified, whatever the environment says (JF-01).
 */
export const createGuardedConnector = (options: GuardedConnectorOptions): buildConnector.connector => {
  const judge = async (host: string, port: number): Promise<readonly string[]> => {
    const literal = parseAddress(host);
    const answers = literal === null ? await options.lookUp(host, options.signal) : [host];
    const refusals: string[] = [];
    const good = answers.filter((answer) => {
      const address = parseAddress(answer);
      const refusal =
        address === null
          ? `${answer} is no plain address`
          : refuseAddress(options.allow, address, host, port);
      if (refusal !== null) refusals.push(refusal);
      return refusal === null;
    });
    if (good.length === 0) throw new AddressRefused(refusals[0] ?? 'the name has no address');
    return good;
  };

  const open = async (target: buildConnector.Options, callback: buildConnector.Callback): Promise<void> => {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    try {
      const addresses = await judge(host, port);
      const undici = await import('undici');
      const connect = undici.buildConnector({
        timeout: options.connectMilliseconds,
        allowH2: false,
        maxCachedSessions: 0,
        keepAlive: false,
        autoSelectFamily: true,
        lookup: fixedLookUp(addresses),
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        ...(options.ca === null ? {} : { ca: options.ca }),
      });
      connect({ ...target, hostname: host }, callback);
    } catch (error) {
      // A refused address, a name without one, or what TLS throws at once about a CA it cannot read.
      callback(error instanceof Error ? error : new Error('the name look-up failed'), null);
    }
  };
  return (target, callback) => void open(target, callback);
};

/** A look-up that knows its answer. */
const fixedLookUp = (addresses: readonly string[]): LookupFunction => {
  const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, { all }, callback) => {
    if (all === true) return callback(null, answers);
    const [first] = answers;
    return first === undefined
      ? callback(new Error('no address'), '', 0)
      : callback(null, first.address, first.family);
  };
};
