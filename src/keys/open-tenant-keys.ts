import type { AccessTokenAlgorithm } from '../core/jwt/algorithms.ts';
import { type PublishedKey, publishKey } from '../core/signing-keys/published-keys.ts';
import type { KeyPurpose, SigningKey } from '../core/signing-keys/signing-key.ts';
import type { EpochMilliseconds } from '../core/time.ts';
import type { Signer, SigningBackend } from '../ports/signing-backend.ts';

/** The signing keys of one tenant, read once: what is published, what verifies, what signs. */
export interface TenantKeys {
  /** When this very set was first seen; grows with every change. */
  readonly changedAt: EpochMilliseconds;
  /** Prepared, active and retired keys: a key signs nothing that is not in here (AT-03). */
  readonly published: Readonly<Record<KeyPurpose, readonly PublishedKey[]>>;
  /** The newest active key of each purpose and algorithm, by {@link signerSlot}. */
  readonly signers: ReadonlyMap<string, OpenedKey>;
  /** When the active key of each {@link signerSlot} retires by itself is told by all of them. */
  readonly rows: readonly SigningKey[];
  /** Two sets of rows with the same fingerprint give the same of everything here. */
  readonly fingerprint: string;
}

/** A signer with the row it was opened from. */
interface OpenedKey {
  readonly row: SigningKey;
  readonly signer: Signer;
}

/** The key of {@link TenantKeys.signers}. */
export const signerSlot = (purpose: KeyPurpose, algorithm: AccessTokenAlgorithm): string =>
  `${purpose} ${algorithm}`;

/** Whether the tenant has no keys at all, which is to say that there is no such tenant. */
export const isEmpty = ({ published }: TenantKeys): boolean =>
  published['access-token'].length === 0 && published['jwt-svid'].length === 0;

/**
 * Opens the keys in `rows`. Keys that `last` has opened already are taken from there, and when nothing changed, `last`
 * itself is the answer.
 *
 * @throws {CannotOpenSigningKey} when an active key cannot be opened; an error for rows that contradict each other
 */
export const openTenantKeys = async (
  backend: Pick<SigningBackend, 'open'>,
  rows: readonly SigningKey[],
  last: TenantKeys | null,
  now: EpochMilliseconds,
): Promise<TenantKeys> => {
  const fingerprint = JSON.stringify(rows);
  if (last?.fingerprint === fingerprint) return last;
  // Two keys of one kid would leave it to chance which of them verifies (MD-11).
  if (new Set(rows.map(({ kid }) => kid)).size !== rows.length)
    throw new Error('two signing keys share one kid');

  const newestActive = new Map<string, SigningKey>();
  for (const row of rows.filter(({ state }) => state === 'active')) {
    const slot = signerSlot(row.purpose, row.algorithm);
    const other = newestActive.get(slot);
    if (other === undefined || (other.activatedAt ?? 0) <= (row.activatedAt ?? 0))
      newestActive.set(slot, row);
  }
  const signers = await Promise.all(
    [...newestActive].map(async ([slot, row]): Promise<[string, OpenedKey]> => {
      const opened = last?.signers.get(slot);
      if (opened?.row.sealedPrivateKey === row.sealedPrivateKey)
        return [slot, { row, signer: opened.signer }];
      return [slot, { row, signer: await backend.open(row) }];
    }),
  );

  const publishedFor = (purpose: KeyPurpose): readonly PublishedKey[] =>
    rows.filter((row) => row.purpose === purpose).map(publishKey);
  return {
    changedAt: Math.max(now, (last?.changedAt ?? 0) + 1, ...rows.map(latestChange)),
    published: { 'access-token': publishedFor('access-token'), 'jwt-svid': publishedFor('jwt-svid') },
    signers: new Map(signers),
    rows,
    fingerprint,
  };
};

const latestChange = ({ createdAt, activatedAt, retiredAt }: SigningKey): EpochMilliseconds =>
  Math.max(createdAt, activatedAt ?? 0, retiredAt ?? 0);
