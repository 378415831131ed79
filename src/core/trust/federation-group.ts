import type { Federation } from './federation.ts';
import { cutText } from './near-form.ts';
import { literalPrefix } from './pattern.ts';

/** An index holds no longer ones; patterns that differ behind it are in one group. */
const maxPrefix = 200;

/**
 * The federations of one tenant on one issuer that have one exact subject, or whose patterns begin with one literal text.
 * What covers a subject is in its own group and in those of the literal texts it begins with, and nowhere else.
 */
export interface FederationGroup {
  readonly tenant: string;
  readonly issuer: string;
  readonly kind: 'subject' | 'prefix';
  /** The exact subject; the text before the first `*`, or its beginning where that is long. */
  readonly text: string;
}

/** The group of a federation. */
export const groupOf = (
  tenant: string,
  { issuer, subject, subjectPattern }: Pick<Federation, 'issuer' | 'subject' | 'subjectPattern'>,
): FederationGroup =>
  subject === null
    ? { tenant, issuer, kind: 'prefix', text: cutText(literalPrefix(subjectPattern ?? ''), maxPrefix) }
    : { tenant, issuer, kind: 'subject', text: subject };

/** A name that no other group has. */
export const groupName = ({ tenant, issuer, kind, text }: FederationGroup): string =>
  `${tenant}\n${issuer}\n${kind === 'subject' ? '=' : '*'}${text}`;

/** The literal texts that patterns of one issuer begin with, as a subject is held against them. */
export interface PatternPrefixes {
  readonly has: (prefix: string) => boolean;
  /** Those that `subject` begins with, the longest first. */
  readonly of: (subject: string) => readonly string[];
}

/** Makes prefixes ready to be asked: one look for each length that occurs, however many there are. */
export const buildPatternPrefixes = (all: readonly string[]): PatternPrefixes => {
  const known = new Set(all);
  const lengths = [...new Set(all.map(({ length }) => length))].toSorted((one, other) => other - one);
  return {
    has: (prefix) => known.has(prefix),
    of: (subject) =>
      lengths
        .filter((length) => length <= subject.length)
        .map((length) => subject.slice(0, length))
        .filter((prefix) => known.has(prefix)),
  };
};

/** Every group with federations that may cover `subject`: its own first, then those of ever shorter patterns. */
export const groupsCovering = (
  tenant: string,
  issuer: string,
  subject: string,
  prefixes: Pick<PatternPrefixes, 'of'>,
): readonly FederationGroup[] => [
  { tenant, issuer, kind: 'subject', text: subject },
  ...prefixes.of(subject).map((text): FederationGroup => ({ tenant, issuer, kind: 'prefix', text })),
];
