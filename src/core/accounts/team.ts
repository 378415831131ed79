import type { EpochMilliseconds } from '../time.ts';

/** A team owns service accounts. Its name is its key and never changes. */
export interface Team {
  readonly tenant: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: EpochMilliseconds;
  readonly version: number;
}
