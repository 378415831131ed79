import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import { type PublishedKey, publishKey } from '../core/signing-keys/published-keys.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import { CannotOpenSigningKey, type SigningBackend } from '../ports/signing-backend.ts';
import type { SigningKeySet } from '../ports/stores.ts';
import { createJwtSigner, type JwtSigner } from './sign-jwt.ts';

/** The signing keys of one tenant, read once: what is published, what verifies, what signs. */
export interface TenantKeys {
  /** The sequence of the SPIFFE bundle with these very keys. */
  readonly spiffeSequence: number;
  /** Prepared, active and retired keys: a key signs nothing that is not in here (AT-03). */
  readonly published: Readonly<Record<KeyPurpose, readonly PublishedKey[]>>;
  /** The newest active key of each purpose and algorithm, by {@link signerSlot}. */
  readonly signers: ReadonlyMap<string, ActiveKey>;
  /** All of them: when an active key retires hangs on its successor. */
  readonly rows: readonly SigningKey[];
  /** Two sets of rows with the same fingerprint give the same of everything here. */
  readonly fingerprint: string;
}

/** An active key, and whether it signs here. */
export interface ActiveKey {
  readonly row: SigningKey;
  /** `null` where the key was never opened here. */
  readonly signer: JwtSigner | null;
  /** Why the row cannot be opened as it is now; `null` where it can. A signer may be left from before. */
  readonly fault: CannotOpenSigningKey | null;
}

/** The key of {@link TenantKeys.signers}. */
export const signerSlot = (purpose: KeyPurpose, algorithm: AccessTokenAlgorithm): string =>
  `${purpose} ${algorithm}`;

/** Whether the tenant has no keys at all, which is to say that there is no such tenant. */
export const isEmpty = ({ published }: TenantKeys): boolean =>
  published['access-token'].length === 0 && published['jwt-svid'].length === 0;

/** The first reason why an active key cannot be opened; `null` where all of them can. */
export const findFault = ({ signers }: TenantKeys): CannotOpenSigningKey | null =>
  [...signers.values()].find(({ fault }) => fault !== null)?.fault ?? null;

/**
 * Opens the active keys in the set. Keys that `last` has opened already are taken from there, and when nothing changed,
 * `last` itself is the answer. Publishing needs no private key, so one that cannot be opened keeps nothing else away: it
 * is tried again with each call.
 *
 * @throws an error for rows that contradict each other
 */
export const openTenantKeys = async (
  backend: Pick<SigningBackend, 'open'>,
  { keys: rows, spiffeSequence }: SigningKeySet,
  last: TenantKeys | null,
): Promise<TenantKeys> => {
  const fingerprint = JSON.stringify([spiffeSequence, rows]);
  const isKnown = last?.fingerprint === fingerprint;
  if (isKnown && findFault(last) === null) return last;
  // Two keys of one kid would leave it to chance which of them verifies (MD-11).
  if (new Set(rows.map(({ kid }) => kid)).size !== rows.length)
    throw new Error('two signing keys share one kid');

  const signers = await Promise.all(
    [...newestActive(rows)].map(
      async ([slot, row]): Promise<[string, ActiveKey]> => [
        slot,
        await openActive(backend, row, last?.signers.get(slot)),
      ],
    ),
  );
  // The same arrays while the set is the same: what is made from them is kept by them.
  if (isKnown) return { ...last, signers: new Map(signers) };
  const publishedFor = (purpose: KeyPurpose): readonly PublishedKey[] =>
    rows.filter((row) => row.purpose === purpose).map(publishKey);
  return {
    spiffeSequence: spiffeSequence ?? Math.max(0, ...rows.map(latestChange)),
    published: { 'access-token': publishedFor('access-token'), 'jwt-svid': publishedFor('jwt-svid') },
    signers: new Map(signers),
    rows,
    fingerprint,
  };
};

const newestActive = (rows: readonly SigningKey[]): ReadonlyMap<string, SigningKey> => {
  const newest = new Map<string, SigningKey>();
  for (const row of rows.filter(({ state }) => state === 'active')) {
    const slot = signerSlot(row.purpose, row.algorithm);
    const other = newest.get(slot);
    if (other === undefined || (other.activatedAt ?? 0) <= (row.activatedAt ?? 0)) newest.set(slot, row);
  }
  return newest;
};

const openActive = async (
  backend: Pick<SigningBackend, 'open'>,
  row: SigningKey,
  known: ActiveKey | undefined,
): Promise<ActiveKey> => {
  const isOpen =
    known?.fault === null && known.row.kid === row.kid && known.row.sealedPrivateKey === row.sealedPrivateKey;
  if (isOpen) return { ...known, row };
  try {
    return { row, signer: createJwtSigner(await backend.open(row)), fault: null };
  } catch (error) {
    const fault =
      error instanceof CannotOpenSigningKey
        ? error
        : new CannotOpenSigningKey(`signing key ${row.kid} cannot be opened`, { cause: error });
    // A kid is the thumbprint: what was opened under it is this key, in whatever way the row is sealed by now.
    return { row, signer: known?.row.kid === row.kid ? known.signer : null, fault };
  }
};

const latestChange = ({ createdAt, activatedAt, retiredAt }: SigningKey): EpochMilliseconds =>
  Math.max(createdAt, activatedAt ?? 0, retiredAt ?? 0);
