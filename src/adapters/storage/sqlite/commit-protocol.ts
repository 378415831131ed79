import type { Bindable } from './bindable.ts';

/** Fingerprints of what is used once, each followed by the time until which that is kept. */
export type FlatUses = readonly (string | number)[];

/** Lines of one tenant that go behind the last line of the chain of its writer. */
export interface LinesOfTenant {
  readonly tenant: string;
  /** The values of each line's row as far as its place, in the order of `activityColumns`, and then its text before and after that. */
  readonly lines: readonly (readonly Bindable[])[];
  /** What lines use up, by their place in the list: each is written only where nothing of that was used before. */
  readonly uses: readonly { readonly line: number; readonly uses: FlatUses }[];
}

/** What is written together or not at all. */
export type CommitUnit =
  /** It is not written, which is answered with `null`, where a chain has not begun or a line is there already. */
  | { readonly write: 'lines'; readonly writer: string; readonly tenants: readonly LinesOfTenant[] }
  /** Answers with the fingerprints that are new. */
  | { readonly write: 'uses'; readonly uses: FlatUses };

/** A line that was not written, by the places of its tenant and of itself, and the place of the first of its uses that is spent. */
export interface SpentLine {
  readonly tenant: number;
  readonly line: number;
  readonly use: number;
}

/** What the writing of a {@link CommitUnit} answers: of lines those whose uses are spent. */
export type CommitAnswer =
  | { readonly written: 'lines'; readonly spent: readonly SpentLine[] }
  | { readonly written: 'uses'; readonly fresh: readonly string[] }
  | null;

/** What became of one of the units that were committed together. */
export type CommitOutcome =
  | { readonly ok: true; readonly answer: CommitAnswer }
  | { readonly ok: false; readonly message: string; readonly resultCode: number | null };
