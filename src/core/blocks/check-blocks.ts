import { type Check, failed, grant, refuse, type Seen, type Verdict } from '../activity/check.ts';
import { present } from '../activity/present.ts';
import type { RefusalReason } from '../oauth/reasons.ts';
import type { Block, BlockKind } from './block.ts';

/** Why a request is refused that meets a block. */
export const reasonOfBlock = {
  account: 'account_blocked',
  federation: 'federation_blocked',
  'trusted-issuer': 'issuer_blocked',
  subject: 'subject_blocked',
  key: 'key_blocked',
} as const satisfies Record<BlockKind, RefusalReason>;

const checkOfKind: Readonly<Record<BlockKind, string>> = {
  account: 'account.block',
  federation: 'federation.block',
  'trusted-issuer': 'issuer.block',
  subject: 'claims.sub.block',
  key: 'key.block',
};

/** A block as evidence: what is blocked, who did it and why, and how it is undone. */
export const describeBlock = ({ id, target, name, reason, createdBy }: Block): Check =>
  failed(
    checkOfKind[target.kind],
    'not blocked',
    `blocked: ${present(name)}`,
    `${present(createdBy.name)} blocked it and said why: ${present(reason)}. When that is over, remove the block ${id}.`,
  );

/** Refuses what is blocked. What is not leaves no check: nobody asks why a token was not blocked. */
export const checkNotBlocked = (block: Block | null, seen: Seen = {}): Verdict<void> =>
  block === null ? grant(undefined) : refuse(reasonOfBlock[block.target.kind], [describeBlock(block)], seen);
