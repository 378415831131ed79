import type { IssuerPreset } from '../trust/preset.ts';
import type { Activity } from './activity.ts';

/** The part of an activity, or of a decision that is none yet, that says why. */
export type Refusal = Pick<
  Activity,
  'reason' | 'checks' | 'presented' | 'parameters' | 'issuer' | 'subject' | 'audience' | 'account'
>;

/** What is known besides when a refusal is read. */
export interface ExplainingFacts {
  readonly presets: readonly IssuerPreset[];
  /** Issuer identifiers registered in the tenant of the refusal and in no other. */
  readonly registeredIssuers: readonly string[];
}
