import { describeKeySet } from './issuer-key-set.ts';
import type { KeySet } from './key-set.ts';

/** Something worth a line in the log. Keys are named by `kid`; no key, token or body is in it. */
export interface KeySetEvent {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A set and where it was found. */
export interface FoundKeySet {
  readonly set: KeySet;
  readonly jwksUri: string;
}

/** What an operator is told when one set takes the place of another: other keys, or another host they come from. */
export const describeChange = (before: FoundKeySet | null, now: FoundKeySet): readonly KeySetEvent[] => [
  ...(before !== null && thumbprints(before.set) === thumbprints(now.set) ? [] : [newKeys(now)]),
  ...(before === null || hostOf(before) === hostOf(now) ? [] : [newHost(before, now)]),
];

const newKeys = ({ set, jwksUri }: FoundKeySet): KeySetEvent => ({
  level: 'info',
  message: 'key set of a trusted issuer is new',
  details: { jwksUri, kids: set.keys.map(({ kid }) => kid), ignored: describeKeySet(set).ignored },
});

const newHost = (before: FoundKeySet, now: FoundKeySet): KeySetEvent => ({
  level: 'warn',
  message: 'key set of a trusted issuer has moved to another host',
  details: { from: before.jwksUri, to: now.jwksUri },
});

const hostOf = ({ jwksUri }: FoundKeySet): string => new URL(jwksUri).host;

/** In whatever order they are published. */
const thumbprints = ({ keys }: KeySet): string =>
  keys
    .map(({ kid, thumbprint }) => `${kid} ${thumbprint}`)
    .toSorted()
    .join('\n');
