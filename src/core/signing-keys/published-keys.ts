import type { PublicJwk } from '../jwt/jwk.ts';
import type { SigningKey } from './signing-key.ts';

/** A key as the world sees it: every member said, nothing private (MD-10, MD-11). */
export type PublishedKey = PublicJwk & { readonly kid: string; readonly alg: string; readonly use: string };

/** How often verifiers should look again where nobody configured it, for documents and bundle alike (MD-14, SV-20). */
export const defaultMaxAgeSeconds = 300;

/** The public form of `key`. Members are named one by one, so that nothing else can ever come along (MD-10). */
export const publishKey = ({ kid, algorithm, publicJwk }: SigningKey): PublishedKey => {
  const { kty, n, e, crv, x, y } = publicJwk;
  const named = { kid, alg: algorithm, use: 'sig' };
  if (n !== undefined && e !== undefined) return { kty, ...named, n, e };
  if (crv !== undefined && x !== undefined && y !== undefined) return { kty, ...named, crv, x, y };
  throw new TypeError(`signing key ${kid} has no public half that can be published`);
};

/** A SPIFFE bundle (SPIFFE Trust Domain and Bundle §4). */
export interface SpiffeBundle {
  readonly spiffe_sequence: number;
  readonly spiffe_refresh_hint: number;
  readonly keys: readonly PublishedKey[];
}

/**
 * The bundle of the JWT-SVID keys (SV-19, SV-20).
 *
 * @param sequence of this very set of keys, kept beside them and the same on every node: it grows with each change, also
 *   when a key only goes, by one at least and to the time of the change. So neither a restart nor a clock that was set
 *   back lowers it, and the first change after a store was restored from a backup leads beyond everything published before.
 */
export const buildSpiffeBundle = (
  keys: readonly PublishedKey[],
  sequence: number,
  refreshHintSeconds: number,
): SpiffeBundle => ({
  spiffe_sequence: sequence,
  spiffe_refresh_hint: refreshHintSeconds,
  keys: keys.map((key) => ({ ...key, use: 'jwt-svid' })),
});
