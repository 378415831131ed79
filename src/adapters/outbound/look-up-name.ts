import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';

/** Finds the addresses of a host name; rejects when there are none. */
export type NameLookUp = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/** The milliseconds for which a hosts file that was read is believed. */
const hostsFileMilliseconds = 5000;

/** Where names are looked up; default: as the system does. */
export interface NameSources {
  readonly hostsFile?: string;
  /** Name servers, `address` or `address:port`. */
  readonly servers?: readonly string[];
}

/**
 * Looks names up in the hosts file and then in the DNS through c-ares. Not `dns.lookup`: that is getaddrinfo on libuv's
 * four threads, where four names whose servers do not answer stop every signature check and file read of the process
 * (A58). So names are taken as fully qualified, search domains and nsswitch.conf do not count: in Kubernetes write
 * `kubernetes.default.svc.cluster.local`.
 */
export const createNameLookUp = (clock: Pick<Clock, 'monotonic'>, sources: NameSources = {}): NameLookUp => {
  const readHosts = createHostsReader(clock, sources.hostsFile ?? systemHostsFile);
  return async (host, signal) => {
    if (/(^|\.)localhost$/.test(host)) return ['127.0.0.1', '::1'];
    const fixed = (await readHosts()).get(host);
    return fixed ?? queryAddresses(host, sources.servers, signal);
  };
};

const systemHostsFile =
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

const createHostsReader = (clock: Pick<Clock, 'monotonic'>, path: string) => {
  let cached: {
    readonly hosts: Promise<ReadonlyMap<string, readonly string[]>>;
    readonly until: number;
  } | null = null;
  return (): Promise<ReadonlyMap<string, readonly string[]>> => {
    if (cached === null || clock.monotonic() >= cached.until)
      cached = {
        hosts: readFile(path, 'utf8').then(parseHosts, () => new Map()),
        until: clock.monotonic() + hostsFileMilliseconds,
      };
    return cached.hosts;
  };
};

/** The names of a hosts file (hosts(5)) with their addresses, in the order of the file. */
export const parseHosts = (text: string): ReadonlyMap<string, readonly string[]> => {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === undefined || address === '') continue;
    for (const name of names) {
      const known = hosts.get(name.toLowerCase());
      if (known === undefined) hosts.set(name.toLowerCase(), [address]);
      else known.push(address);
    }
  }
  return hosts;
};

/** Both address families at once; one that fails does not spoil the other. A resolver per look-up, so that it can be cancelled. */
const queryAddresses = async (
  host: string,
  servers: NameSources['servers'],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: 1000, tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length === 0) throw four.status === 'rejected' ? four.reason : new Error('no address');
    return found;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};
