import type { OutboundAllow } from '../../src/adapters/outbound/outbound-allow.ts';

/** Nothing but public addresses may be fetched from. */
export const nothingAllowed: OutboundAllow = { endpoints: new Set(), networks: [] };
