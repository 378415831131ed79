import { parseOutboundAllow } from './adapters/outbound/outbound-allow.ts';
import type { Configuration } from './config/schema.ts';

/** Checks of the configuration that only an adapter can make. */
export const configurationParsers = {
  outboundAllow: (entries: Configuration['outboundAllow']): readonly string[] => {
    const parsed = parseOutboundAllow(entries.join(','));
    return parsed.ok ? [] : parsed.error;
  },
};
