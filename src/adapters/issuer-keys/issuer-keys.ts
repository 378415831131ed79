import { LRUCache } from 'lru-cache';
import { createTakeTurns } from '../../core/take-turns.ts';
import { trustDomainOf } from '../../core/trust/trust-domain.ts';
import type { TrustedIssuer } from '../../core/trust/trusted-issuer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuardedFetch } from '../../ports/guarded-fetch.ts';
import type { IssuerKeys } from '../../ports/issuer-keys.ts';
import type { IssuerKeyState } from '../../ports/metrics-sources.ts';
import type { SignatureVerifier } from '../../ports/signature-verifier.ts';
import type { IssuerKeySet } from './issuer-key-set.ts';
import { bundleDocument, bundleEntryRules, jwkSetDocument } from './key-document.ts';
import { createPinnedKeySet } from './pinned-key-set.ts';
import { createRemoteKeySet } from './remote-key-set.ts';

/** The little of a pino logger that is used. */
export interface KeyLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** What the keys of trusted issuers are made of. */
export interface IssuerKeysOptions {
  readonly fetch: GuardedFetch;
  readonly verifier: Pick<SignatureVerifier, 'importKey'>;
  readonly clock: Clock;
  readonly log?: KeyLog;
  /**
   * Default 600: how long a set is fresh when HTTP does not say (JF-06), and the longest time between two looks at a set in
   * use, so that a removed key stops within it whatever `max-age` says (A54).
   */
  readonly refreshIntervalSeconds?: number;
  /** 0 to 1, for the jitter of the back-off. */
  readonly random?: () => number;
}

/** The keys of trusted issuers, for whoever keeps them running. */
export interface ObservedIssuerKeys extends IssuerKeys {
  /** Every issuer whose keys were asked for and are fetched; nothing is fetched for it. */
  readonly states: () => readonly IssuerKeyState[];
  close(): void;
}

/**
 * Issuers whose sets are held at one time, as many as the trust directory keeps; the least used ones are fetched again when they
 * are needed.
 */
const maxIssuers = 20_000;

/**
 * Requests that waited for keys and go on in one turn of the event loop. Thousands may wait for issuers that do not answer, and
 * are refused in one moment when their time is over: nobody else should notice it (A58, B25).
 */
const goOnPerTurn = 16;

interface Slot {
  issuer: TrustedIssuer;
  readonly keySet: IssuerKeySet;
}

/**
 * Keeps the key sets of trusted issuers, one for each (tenant, trusted issuer), never shared (A08, JF-14). A set belongs to
 * the issuer URI, JWKS URI, CA and pinned keys it was fetched for: an edit of any of them drops it at once (A56), an edit
 * of anything else keeps it.
 */
export const createIssuerKeys = (options: IssuerKeysOptions): ObservedIssuerKeys => {
  const { fetch, clock, log, refreshIntervalSeconds = 600, random = Math.random } = options;
  const importKey: SignatureVerifier['importKey'] = (jwk) => options.verifier.importKey(jwk);
  // Sizes of 1 and no `max`, which would make room for all of them before the first one comes.
  const slots = new LRUCache<string, Slot>({
    maxSize: maxIssuers,
    sizeCalculation: () => 1,
    dispose: (slot) => slot.keySet.close(),
  });

  const takeTurns = createTakeTurns(() => goOnPerTurn, setImmediate);
  const itsTurn = (): Promise<void> => new Promise(takeTurns);

  const create = (issuer: TrustedIssuer, staleIfErrorSeconds: () => number): IssuerKeySet => {
    const isTrustDomain = trustDomainOf(issuer.issuer) !== null;
    if (issuer.jwks !== null)
      return createPinnedKeySet(issuer.jwks, importKey, isTrustDomain ? bundleEntryRules : undefined);
    const report: Parameters<typeof createRemoteKeySet>[0]['report'] = ({ level, message, details }) =>
      log?.[level](details, message);
    return createRemoteKeySet({
      issuer,
      document: isTrustDomain ? bundleDocument : jwkSetDocument,
      source: isTrustDomain ? 'bundle-endpoint' : issuer.jwksUri === null ? 'discovery' : 'jwks-uri',
      staleIfErrorSeconds,
      fetch,
      importKey,
      clock,
      refreshIntervalSeconds,
      random,
      itsTurn,
      report,
    });
  };

  const keySetOf = (issuer: TrustedIssuer): IssuerKeySet => {
    const name = slotName(issuer.tenant, issuer.id);
    const known = slots.get(name);
    // An older version comes from a request that began before the edit; it must not bring the old source back.
    if (known !== undefined && (known.issuer === issuer || issuer.version < known.issuer.version))
      return known.keySet;
    if (known !== undefined && isSameSource(known.issuer, issuer)) {
      known.issuer = issuer;
      return known.keySet;
    }
    const slot: Slot = { issuer, keySet: create(issuer, () => slot.issuer.staleIfErrorSeconds) };
    slots.set(name, slot);
    return slot.keySet;
  };

  return {
    find: (issuer, header) => keySetOf(issuer).find(header),
    refresh: async (issuer) => {
      const keySet = keySetOf(issuer);
      await keySet.refresh();
      return keySet.health();
    },
    health: (issuer) => keySetOf(issuer).health(),
    forget: (tenant, issuerId) => void slots.delete(slotName(tenant, issuerId)),
    states: () =>
      [...slots.values()].flatMap(({ issuer: { tenant, issuer }, keySet }) => {
        const fetches = keySet.fetches();
        return fetches === null ? [] : [{ tenant, issuer, ...fetches }];
      }),
    close: () => slots.clear(),
  };
};

/** Neither has a line end in it. */
const slotName = (tenant: string, id: string): string => `${tenant}\n${id}`;

const isSameSource = (one: TrustedIssuer, other: TrustedIssuer): boolean =>
  one.issuer === other.issuer &&
  one.jwksUri === other.jwksUri &&
  one.caCertificates === other.caCertificates &&
  JSON.stringify(one.jwks) === JSON.stringify(other.jwks);
