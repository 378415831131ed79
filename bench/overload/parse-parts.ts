import { parseArgs } from 'node:util';

/** The parts of the overload benchmark, by their rows in the table of threats, in the order in which they are run. */
export const partNames = ['b25', 'b26', 'a63', 'b28', 'a89', 'a90', 'a58'] as const;

/** One of {@link partNames}. */
export type PartName = (typeof partNames)[number];

/** What a run of the overload benchmark does. */
export interface OverloadOptions {
  readonly parts: ReadonlySet<PartName>;
  /** Write `bench/overload-report.md`. */
  readonly report: boolean;
}

/** Reads the command line; throws an `Error` for the user for one that says nothing sensible. */
export const parseParts = (args: readonly string[]): OverloadOptions => {
  const { only, report = false } = parseArgs({
    args: [...args],
    options: { only: { type: 'string' }, report: { type: 'boolean' } },
  }).values;
  if (only === undefined) return { parts: new Set(partNames), report };
  if (report) throw new Error('--report and --only exclude each other: the report is of all parts');
  const asked = only.split(',').map((name) => name.trim().toLowerCase());
  const unknown = asked.filter((name) => !partNames.some((known) => known === name));
  if (unknown.length > 0)
    throw new Error(`there is no part "${unknown.join()}"; there are ${partNames.join(', ')}`);
  return { parts: new Set(partNames.filter((name) => asked.includes(name))), report };
};
