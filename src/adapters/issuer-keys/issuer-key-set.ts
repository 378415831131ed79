import type { EpochMilliseconds } from '../../core/time.ts';
import type { KeyHealth, KeyLookup } from '../../ports/issuer-keys.ts';
import type { IssuerKeyState } from '../../ports/metrics-sources.ts';
import { type KeySet, quoteKid } from './key-set.ts';
import type { KeyChoice } from './select-key.ts';

/** The keys of one trusted issuer, wherever they come from. */
export interface IssuerKeySet {
  find(choice: KeyChoice): Promise<KeyLookup>;
  refresh(): Promise<void>;
  health(): KeyHealth;
  /** What operators watch; `null` where nothing is ever fetched. */
  fetches(): FetchState | null;
  /** Ends everything under way; nothing is found any more. */
  close(): void;
}

/** How the fetches of one key set go. */
export type FetchState = Omit<IssuerKeyState, 'tenant' | 'issuer'>;

/** The part of {@link KeyHealth} that a set itself tells. */
export const describeKeySet = (set: KeySet | null): Pick<KeyHealth, 'keys' | 'ignored'> => ({
  keys: (set?.keys ?? []).map(({ kid, kty, alg, thumbprint }) => ({ kid, kty, alg, thumbprint })),
  ignored: (set?.ignored ?? []).map((entry) => `${nameEntry(entry.kid)} ${entry.reason}.`),
});

/** Why a set that was read is of no use, as a sentence, or `null` when it has a usable key. */
export const describeUselessness = (set: KeySet, from: string): string | null => {
  if (set.exposesPrivateKeys)
    return `${from} publishes private keys: whoever reads it can sign for this issuer. None of its keys is used; the issuer must replace them all.`;
  if (set.keys.length > 0) return null;
  if (set.entries === 0) return `${from} is an empty key set.`;
  return `${from} has ${set.entries} ${set.entries === 1 ? 'entry' : 'entries'} and no key that can be used.`;
};

/** Milliseconds since 1970 for a moment `seconds` after `time`. */
export const after = (time: EpochMilliseconds, seconds: number): EpochMilliseconds => time + seconds * 1000;

const nameEntry = (kid: string | null): string =>
  kid === null ? 'An entry without kid' : `The entry ${quoteKid(kid)}`;
