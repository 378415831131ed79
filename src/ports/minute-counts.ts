/** How often something was counted in its minute. */
export interface MinuteCount {
  /** This time included. */
  readonly count: number;
  /** Until the minute of this key is over. */
  readonly leftMs: number;
}

/** Counts one for `key`, in a minute that begins with the first count. */
export type CountInMinute = (key: string) => MinuteCount;

/**
 * A counter over all workers of this node. What another worker counted is known within a few hundredths of a second.
 *
 * @param name the same in every worker, and of no other counter
 * @param max the limit the counter is for; what goes beyond it need not be known elsewhere
 */
export type OpenMinuteCounter = (name: string, max: number) => CountInMinute;
