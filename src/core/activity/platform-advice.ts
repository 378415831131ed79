import type { Check } from './check.ts';
import type { ExplainingFacts, Refusal } from './explain-refusal.ts';

/** What is known of the platform behind a token about one failed check. */
export interface PlatformAdvice {
  readonly sentences: readonly string[];
  /** In place of what is said about the reason in general. */
  readonly change?: string;
}

/** What the presets have to say about a failed check. */
export const adviseOn = (_check: Check, _refusal: Refusal, _facts: ExplainingFacts): PlatformAdvice => ({
  sentences: [],
});
