import type * as z from 'zod';
import { createBlock, deleteBlock, getBlock, listBlocks } from '../../admin/blocks.ts';
import type { blockResource, listBlocksQuery } from '../../admin-api/blocks.ts';
import type { Block } from '../../core/blocks/block.ts';
import { ok } from '../../core/result.ts';
import type { BlockFilter } from '../../ports/stores.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { cursorOf } from './page-request.ts';
import { toIso } from './wire-time.ts';

type WireBlock = z.input<typeof blockResource>;

/** The target as it was asked for, so that it can be sent again. */
const targetToWire = (target: Block['target']): WireBlock['target'] => {
  switch (target.kind) {
    case 'account':
      return { account: target.account };
    case 'federation':
      return { federation: target.federation };
    case 'trusted-issuer':
      return { trustedIssuer: target.trustedIssuer };
    case 'subject':
      return { issuer: target.issuer, subject: target.subject };
    case 'key':
      return { issuer: target.issuer, keyId: target.keyId };
  }
};

const toWire = ({ id, target, name, reason, createdBy, createdAt }: Block): WireBlock => ({
  id,
  kind: target.kind,
  target: targetToWire(target),
  name,
  reason,
  createdBy: { id: createdBy.id, name: createdBy.name },
  createdAt: toIso(createdAt),
});

const filterOf = ({ kind, q }: z.output<typeof listBlocksQuery>): BlockFilter => ({
  ...(kind === undefined ? {} : { kind }),
  ...(q === undefined ? {} : { q }),
});

/** The routes of `blocks`. */
export const blockRoutes: readonly AdminRoute[] = [
  adminRoute('listBlocks', async (deps, { actor, query }) => {
    const { items, nextCursor } = await listBlocks(deps, actor, filterOf(query), cursorOf(query));
    return ok({ body: { items: items.map(toWire), nextCursor } });
  }),
  adminRoute('createBlock', async (deps, { actor, query, body }) => {
    const block = await createBlock(deps, actor, body.target, body.reason, query.force);
    if (!block.ok) return block;
    return ok({
      body: toWire(block.value),
      version: block.value.version,
      location: `/blocks/${block.value.id}`,
    });
  }),
  adminRoute('getBlock', async (deps, { actor, params }) => {
    const block = await getBlock(deps, actor, params.id);
    return block.ok ? ok({ body: toWire(block.value), version: block.value.version }) : block;
  }),
  adminRoute('deleteBlock', async (deps, { actor, params, query, condition }) => {
    const gone = await deleteBlock(deps, actor, params.id, condition, query.reason ?? null);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
];
