import type { Party } from '../activity/activity.ts';
import type { EpochMilliseconds } from '../time.ts';

/** What can be blocked, one kind for each kill switch. */
export const blockKinds = ['account', 'federation', 'trusted-issuer', 'subject', 'key'] as const;

/** One of {@link blockKinds}. */
export type BlockKind = (typeof blockKinds)[number];

/**
 * What a block stops. An account and a federation are named by id, which is never given to another. Whatever is foreign is
 * named by its issuer identifier: a block of it outlives the registration, and meets the issuer again when it comes back.
 */
export type BlockTarget =
  | { readonly kind: 'account'; readonly account: string }
  | { readonly kind: 'federation'; readonly federation: string }
  /** `trustedIssuer` is its id when it was blocked; `issuer` is what counts. */
  | { readonly kind: 'trusted-issuer'; readonly trustedIssuer: string; readonly issuer: string }
  /** `subject` code point by code point as in `sub`. */
  | { readonly kind: 'subject'; readonly issuer: string; readonly subject: string }
  /** `keyId` is the `kid`, or the RFC 7638 thumbprint of a key that may have none. */
  | { readonly kind: 'key'; readonly issuer: string; readonly keyId: string };

/** A kill switch that was thrown: its target is refused at every door until an administrator removes it. */
export interface Block {
  readonly tenant: string;
  readonly id: string;
  readonly target: BlockTarget;
  /** What the target was called when it was blocked, for people. */
  readonly name: string;
  /** Why, in the words of the administrator. */
  readonly reason: string;
  readonly createdBy: Party;
  readonly createdAt: EpochMilliseconds;
  /** Stays 1: a block is there or not. */
  readonly version: number;
}

/** The most blocks of one tenant: all of them are held in memory where tokens are decided about. */
export const maxBlocks = 10_000;

/** What makes two targets the same one: a text that no other target has. */
export const targetIdentity = (target: BlockTarget): string => {
  switch (target.kind) {
    case 'account':
      return identity(target.kind, target.account);
    case 'federation':
      return identity(target.kind, target.federation);
    case 'trusted-issuer':
      return identity(target.kind, target.issuer);
    case 'subject':
      return identity(target.kind, target.issuer, target.subject);
    case 'key':
      return identity(target.kind, target.issuer, target.keyId);
  }
};

const identity = (...parts: readonly [BlockKind, ...string[]]): string => JSON.stringify(parts);
