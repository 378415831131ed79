import type * as z from 'zod';
import {
  deleteInboxEntry,
  getInboxEntry,
  type InboxFilter,
  inboxVersion,
  listInbox,
  proposeFromInbox,
} from '../../admin/inbox.ts';
import type { inboxEntryResource, listInboxQuery } from '../../admin-api/inbox.ts';
import type { InboxEntry } from '../../core/inbox/inbox-entry.ts';
import { ok } from '../../core/result.ts';
import { type AdminRoute, adminRoute } from './admin-route.ts';
import { pageOfAll } from './page-request.ts';
import { proposalToWire } from './propose.ts';
import { toIso } from './wire-time.ts';

const toWire = (entry: InboxEntry): z.input<typeof inboxEntryResource> => ({
  id: entry.id,
  issuer: entry.issuer,
  subject: entry.subject,
  audience: entry.audience,
  verified: entry.verified,
  count: entry.count,
  firstSeen: toIso(entry.firstSeenAt),
  lastSeen: toIso(entry.lastSeenAt),
  lastReason: entry.reason,
  lastReceipt: entry.receipt,
  door: entry.door,
});

const filterOf = ({ issuer, subject, verified }: z.output<typeof listInboxQuery>): InboxFilter => ({
  ...(issuer === undefined ? {} : { issuer }),
  ...(subject === undefined ? {} : { subject }),
  ...(verified === undefined ? {} : { verified }),
});

/** The routes of `inbox`. */
export const inboxRoutes: readonly AdminRoute[] = [
  adminRoute('listInbox', async (deps, { actor, query }) => {
    const { items, nextCursor } = pageOfAll(await listInbox(deps, actor, filterOf(query)), query);
    return ok({ body: { items: items.map(toWire), nextCursor } });
  }),
  adminRoute('getInboxEntry', async (deps, { actor, params }) => {
    const entry = await getInboxEntry(deps, actor, params.id);
    if (!entry.ok) return entry;
    const { claims } = entry.value;
    return ok({
      body: { ...toWire(entry.value), claims: claims === null ? null : { ...claims } },
      version: inboxVersion,
    });
  }),
  adminRoute('deleteInboxEntry', async (deps, { actor, params, condition }) => {
    const gone = await deleteInboxEntry(deps, actor, params.id, condition);
    return gone.ok ? ok({ body: undefined }) : gone;
  }),
  adminRoute('proposeFromInbox', async (deps, { actor, params, body }) => {
    const proposal = await proposeFromInbox(deps, actor, params.id, body ?? {});
    return proposal.ok ? ok({ body: proposalToWire(proposal.value) }) : proposal;
  }),
];
