import type { Cores } from './cores.ts';
import type { Primitives } from './limit/compute-limit.ts';
import type { Machine } from './machine.ts';
import type { Options } from './parse-options.ts';
import type { SubjectResult } from './subject-result.ts';

/** Everything a report is made of, and what `bench/report.json` holds. */
export interface Findings {
  /** Day of the run, `2026-01-31`. */
  readonly day: string;
  /** How long it took. */
  readonly minutes: number;
  readonly options: Options;
  readonly machine: Machine;
  readonly cores: (Cores & { readonly siblings: boolean }) | null;
  readonly primitives: Primitives;
  readonly subjects: readonly SubjectResult[];
}
