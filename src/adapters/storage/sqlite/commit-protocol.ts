import type { Bindable } from './bindable.ts';

/** Lines of one tenant that go behind the last line of the chain of its writer. */
export interface LinesOfTenant {
  readonly tenant: string;
  /** The values of each line's row as far as its place, in the order of `activityColumns`, and then its text before and after that. */
  readonly lines: readonly (readonly Bindable[])[];
}

/** What is written together or not at all. */
export type CommitUnit =
  /** Answers whether it was written; it was not where a chain has not begun or a line is there already. */
  | { readonly write: 'lines'; readonly writer: string; readonly tenants: readonly LinesOfTenant[] }
  /** Fingerprints of what is used once, each followed by the time until which that is kept. Answers with the new ones. */
  | { readonly write: 'uses'; readonly uses: readonly (string | number)[] };

/** What the writing of a {@link CommitUnit} answers. */
export type CommitAnswer = boolean | readonly string[];

/** What became of one of the units that were committed together. */
export type CommitOutcome =
  | { readonly ok: true; readonly answer: CommitAnswer }
  | { readonly ok: false; readonly message: string; readonly resultCode: number | null };
