import type { Status } from '../accounts/service-account.ts';
import type { PublicJwkSet } from '../jwt/jwk.ts';
import type { SignatureAlgorithm } from '../jwt/algorithms.ts';
import type { EpochMilliseconds } from '../time.ts';

/** How often a token of this issuer may be exchanged (contract §3). */
export type Replay = 'reusable' | 'single-use';

/**
 * A third-party token service (contract §1): its issuer identifier and where its JWK Set comes from; or a SPIFFE trust
 * domain and where its bundle comes from.
 */
export interface TrustedIssuer {
  readonly tenant: string;
  readonly id: string;
  /** Compared byte for byte with `iss` (ST-12), or `spiffe://<trust domain>`, compared with that of `sub` (SV-17). */
  readonly issuer: string;
  /**
   * `null`: discovered at `<issuer>/.well-known/openid-configuration`. Of a trust domain it is the URL of its bundle
   * endpoint, profile https_web, and nothing is ever discovered (SV-23).
   */
  readonly jwksUri: string | null;
  /** A pinned JWK Set or SPIFFE bundle; then nothing is ever fetched. */
  readonly jwks: PublicJwkSet | null;
  /** Allow-list for `alg` (A03). */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Accept `typ: at+jwt`, which some identity providers put on every token (ST-28). */
  readonly allowAccessTokenType: boolean;
  readonly replay: Replay;
  /** How long known keys serve after they went stale while the issuer cannot be reached: 0 to 86400 (JF-08). */
  readonly staleIfErrorSeconds: number;
  /** PEM certificates that alone vouch for this issuer's TLS, for clusters with a CA of their own. */
  readonly caCertificates: string | null;
  readonly status: Status;
  readonly createdAt: EpochMilliseconds;
  readonly updatedAt: EpochMilliseconds;
  readonly version: number;
}
