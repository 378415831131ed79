import type { Nursery } from '../children.ts';
import type { Cores } from '../cores.ts';

/** Where servers are started. */
export interface Surroundings {
  readonly nursery: Nursery;
  /** The folder of the run, which goes with it. */
  readonly folder: string;
  readonly cores: Cores | null;
  /** For the servers under test, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
}
