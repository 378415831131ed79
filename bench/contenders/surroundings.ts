import type { Nursery } from '../children.ts';
import type { Cores } from '../cores.ts';
import type { StartPrograms } from '../start-programs.ts';

/** Where servers are started. */
export interface Surroundings {
  readonly nursery: Nursery;
  /** The folder of the run, which goes with it. */
  readonly folder: string;
  readonly cores: Cores | null;
  /** What Bureau is started from: what is built, unless it is the start itself that is measured. */
  readonly programs: StartPrograms;
  /** For the servers under test, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
}
