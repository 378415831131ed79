import {
  createFakeIssuer,
  createFakeIssuerKey,
  type FakeIssuer,
  type FakeIssuerAlgorithm,
  type FakeIssuerKey,
  type FakeIssuerOptions,
} from './fake-issuer.ts';

type Members = Readonly<Record<string, unknown>>;

/** A server of JWT-SVIDs with a bundle endpoint on loopback, as SPIRE is one, with keys of its own. */
export interface FakeSpire {
  readonly trustDomain: string;
  /** What it is registered as: `spiffe://` and its name. */
  readonly issuer: string;
  readonly bundleEndpointUrl: string;
  /** `host:port` to allow. */
  readonly address: string;
  /** What answers at the bundle endpoint, and counts. */
  readonly endpoint: FakeIssuer;
  /** The keys it has; the last one signs. */
  readonly keys: readonly FakeIssuerKey[];
  /** Everything a trust domain is registered with. */
  readonly registration: {
    readonly issuer: string;
    readonly bundleEndpointUrl: string;
    readonly bundleEndpointProfile: 'https_web';
  };
  /** The SPIFFE ID of a workload here. */
  id(path: string): string;
  /**
   * A JWT-SVID as SPIRE mints it: `sub`, `aud`, `iat`, `exp` and no `iss`; `claims` and `header` replace members, and
   * `undefined` leaves one out. Signed by `key`, or the newest.
   */
  svid(claims: Members, header?: Members, key?: FakeIssuerKey): Promise<string>;
  /** The entry of a key in a bundle, but for what `members` changes. */
  entry(key: FakeIssuerKey, members?: Members): Members;
  /** Publishes the bundle of the present keys, or one with these entries; `members` of the bundle replace or are left out. */
  publish(entries?: readonly unknown[] | null, members?: Members): void;
  /** Makes a new signing key and publishes it; the old ones stay unless `keepOld` is false. */
  rotate(options?: {
    readonly keepOld?: boolean;
    readonly algorithm?: FakeIssuerAlgorithm;
  }): Promise<FakeIssuerKey>;
  close(): Promise<void>;
}

/** Starts a fake SPIRE on a free port of loopback. Its bundle also holds an entry for X.509-SVIDs, as bundles do. */
export const createFakeSpire = async (
  trustDomain: string,
  options: FakeIssuerOptions = {},
): Promise<FakeSpire> => {
  const endpoint = await createFakeIssuer(options);
  const { jwk: x509 } = await createFakeIssuerKey('ES256');
  const { kty, crv, x, y } = x509;
  let sequence = 0;

  const entry: FakeSpire['entry'] = (key, members = {}) => {
    const { alg: _alg, ...jwk } = key.jwk;
    return { ...jwk, use: 'jwt-svid', ...members };
  };
  const publish: FakeSpire['publish'] = (entries = null, members = {}) => {
    sequence += 1;
    endpoint.setJwks({
      keys: entries ?? [
        { kty, crv, x, y, use: 'x509-svid', x5c: ['MIIB'] },
        ...endpoint.keys.map((key) => entry(key)),
      ],
      spiffe_sequence: sequence,
      spiffe_refresh_hint: 300,
      ...members,
    });
  };
  publish();

  const id = (path: string): string => `spiffe://${trustDomain}${path}`;
  return {
    trustDomain,
    issuer: id(''),
    bundleEndpointUrl: endpoint.jwksUri,
    address: `${endpoint.host}:${endpoint.port}`,
    endpoint,
    get keys() {
      return endpoint.keys;
    },
    registration: {
      issuer: id(''),
      bundleEndpointUrl: endpoint.jwksUri,
      bundleEndpointProfile: 'https_web',
    },
    id,
    svid: (claims, header = {}, key) => endpoint.signToken({ iss: undefined, ...claims }, header, key),
    entry,
    publish,
    rotate: async (how) => {
      const key = await endpoint.rotate(how);
      publish();
      return key;
    },
    close: () => endpoint.close(),
  };
};
