import { present } from '../activity/present.ts';
import { hintSpelling } from './hint-spelling.ts';

/** Ids of tenants, organisations and the like, as they stand in the issuers of big platforms. */
const longId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Fa-f]{24,}/;

const wellKnown = /\/\.well-known\/(?:openid-configuration|oauth-authorization-server|jwks(?:\.json)?)$/;

/** What is told about an issuer that nearly is a registered one. */
export interface IssuerHint {
  /** Sentences, with the registered one named. */
  readonly says: string;
  /** Whether the two are one issuer in two spellings. */
  readonly isSpelling: boolean;
}

/**
 * What to tell an administrator about an issuer that nobody registered and that nearly is one of `registered`; `null` where
 * none is near. The nearest is found first.
 */
export const hintIssuer = (registered: readonly string[], presented: string): IssuerHint | null => {
  for (const [isSpelling, compare] of comparisons)
    for (const issuer of registered) {
      const hint = compare(issuer, presented);
      if (hint !== undefined) return { says: `Registered is ${present(issuer)}. ${hint}`, isSpelling };
    }
  return null;
};

const hintScheme = (registered: string, presented: string): string | undefined =>
  withoutScheme(registered) === withoutScheme(presented)
    ? 'They differ only in the scheme (http, https or none), which counts.'
    : undefined;

const withoutScheme = (issuer: string): string => issuer.replace(/^https?:\/\//i, '').replace(/\/$/, '');

const hintDocument = (registered: string, presented: string): string | undefined =>
  registered.replace(wellKnown, '') === presented || presented.replace(wellKnown, '') === registered
    ? 'One of them is the address of a document; the issuer is what stands before /.well-known.'
    : undefined;

const hintSameId = (registered: string, presented: string): string | undefined => {
  const id = longId.exec(presented)?.[0];
  return id !== undefined && registered.includes(id)
    ? `Both hold the id ${id}: it may be one platform that issues tokens of two versions. Register this issuer too, or have the workload ask for the other kind of token.`
    : undefined;
};

const hintSameHost = (registered: string, presented: string): string | undefined => {
  const [one, other] = [registered, presented].map((issuer) => /^https:\/\/([^/]+)/.exec(issuer)?.[1]);
  return one !== undefined && one === other
    ? 'They are of one host and differ in the path: a realm, an organisation or a cluster may be another one.'
    : undefined;
};

const comparisons = [
  [true, hintSpelling],
  [true, hintScheme],
  [true, hintDocument],
  [false, hintSameId],
  [false, hintSameHost],
] as const;
