import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Condition, Federation } from '../../core/trust/federation.ts';

const canonicalText = (value: unknown): string => {
  const text = canonicalize(value);
  if (text === undefined) {
    throw new TypeError('the value has no canonical JSON form');
  }
  return text;
};

const canonicalCondition = (condition: Condition): string =>
  canonicalText(
    'oneOf' in condition ? { ...condition, oneOf: condition.oneOf.map(canonicalText).toSorted() } : condition,
  );

/**
 * What makes a federation the same as another one, whichever account holds it (A43): issuer, kind and text of the
 * subject, audience, conditions in any order, CEL expression. A hash, because the parts exceed what an index can hold.
 */
export const federationFingerprint = (federation: Federation): string =>
  createHash('sha256')
    .update(
      canonicalText([
        federation.issuer,
        federation.subject === null ? 'pattern' : 'exact',
        federation.subject ?? federation.subjectPattern,
        federation.audience,
        federation.conditions.map(canonicalCondition).toSorted(),
        federation.cel,
      ]),
    )
    .digest('base64url');
