import { escapeInvisible } from '../../core/activity/present.ts';
import type { EpochMilliseconds } from '../../core/time.ts';
import type { VerificationKey } from '../../ports/signature-verifier.ts';

/** What is known about a set in which a key was not found. */
export interface UnknownKeyFacts {
  readonly keys: readonly Pick<VerificationKey, 'kid' | 'thumbprint'>[];
  readonly fetchedAt: EpochMilliseconds;
  /** When the set may be fetched again for the sake of an unknown key. */
  readonly nextFetchAt: EpochMilliseconds;
  /** When the key was found to be gone; `null` where it never was there, as far as is known. */
  readonly withdrawnAt: EpochMilliseconds | null;
}

/** The most keys that are named, and characters of one name. */
const maxNamed = 10;
const maxKid = 64;

/** What an administrator is told beside "The key … is not in the set.": what is in it, how old it is, and what follows. */
export const describeUnknownKey = ({ keys, fetchedAt, nextFetchAt, withdrawnAt }: UnknownKeyFacts): string =>
  [
    withdrawnAt === null
      ? null
      : `It was in the set before and was gone when the set was fetched at ${toText(withdrawnAt)}: the issuer withdrew it, and tokens it signed are worth nothing now.`,
    `The set was last fetched at ${toText(fetchedAt)} and has ${listKids(keys)}.`,
    `For an unknown key it is fetched again at ${toText(nextFetchAt)} at the earliest.`,
  ]
    .filter((sentence) => sentence !== null)
    .join(' ');

/** What is in a set, by name. */
export const listKids = (keys: readonly Pick<VerificationKey, 'kid' | 'thumbprint'>[]): string => {
  if (keys.length === 0) return 'no key that can be used';
  const names = keys.slice(0, maxNamed).map(({ kid }) => (kid === null ? 'one without kid' : quote(kid)));
  const more = keys.length > maxNamed ? ` and ${keys.length - maxNamed} more` : '';
  return `${keys.length === 1 ? 'the key' : 'the keys'} ${names.join(', ')}${more}`;
};

const quote = (kid: string): string =>
  escapeInvisible(JSON.stringify(kid.length > maxKid ? `${kid.slice(0, maxKid)}…` : kid));

const toText = (time: EpochMilliseconds): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
