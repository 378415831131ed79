import { trustDomainIssuer } from '../trust/trust-domain.ts';
import { parseSpiffeId } from '../spiffe/spiffe-id.ts';
import { type Block, type BlockTarget, targetIdentity } from './block.ts';

/** Every block of one tenant, as decisions ask for them: one look each, however many there are. Immutable. */
export interface Blocks {
  /** Whether an account or a federation is blocked, which bars the tokens they cover from every other one. */
  readonly barCandidates: boolean;
  readonly account: (id: string) => Block | null;
  readonly federation: (id: string) => Block | null;
  readonly issuer: (issuer: string) => Block | null;
  /**
   * Of a SPIFFE ID also the block under its trust domain, by whichever issuer the token came: it names one workload.
   */
  readonly subject: (issuer: string, subject: string) => Block | null;
  /** The first of `names` that is blocked; a name is a `kid` or a thumbprint, `null` where a key has none. */
  readonly key: (issuer: string, names: readonly (string | null)[]) => Block | null;
}

/** Makes the blocks of one tenant ready to be asked. */
export const buildBlocks = (all: readonly Block[]): Blocks => {
  const byTarget = new Map(all.map((block) => [targetIdentity(block.target), block]));
  const find = (target: BlockTarget): Block | null =>
    byTarget.size === 0 ? null : (byTarget.get(targetIdentity(target)) ?? null);
  return {
    barCandidates: all.some(({ target: { kind } }) => kind === 'account' || kind === 'federation'),
    account: (account) => find({ kind: 'account', account }),
    federation: (federation) => find({ kind: 'federation', federation }),
    issuer: (issuer) => find({ kind: 'trusted-issuer', trustedIssuer: '', issuer }),
    subject: (issuer, subject) => {
      if (byTarget.size === 0) return null;
      const workload = parseSpiffeId(subject);
      return (
        find({ kind: 'subject', issuer, subject }) ??
        (workload.ok
          ? find({ kind: 'subject', issuer: trustDomainIssuer(workload.value.trustDomain), subject })
          : null)
      );
    },
    key: (issuer, names) => {
      if (byTarget.size === 0) return null;
      return (
        names
          .filter((name) => name !== null)
          .map((keyId) => find({ kind: 'key', issuer, keyId }))
          .find((block) => block !== null) ?? null
      );
    },
  };
};

/** Nothing is blocked. */
export const noBlocks: Blocks = buildBlocks([]);
