/** When commits begin that many callers may share. */
export interface CommitPace {
  /** Notes that something came that is to be committed; `canWait`: nobody is kept from working until it is. */
  readonly arrived: (canWait?: boolean) => void;
  /** `null` where a commit may begin now, which then has begun; otherwise resolves when the next one begins, for all who wait. */
  readonly next: () => Promise<void> | null;
  /** Nobody waits any more, now or later: the process ends. */
  readonly end: () => void;
}

/** What a pace works with. */
export interface CommitPaceOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic: () => number;
  /** From the beginning of one commit to that of the next, where they wait. */
  readonly everyMs: number;
  /** The same while nothing waits but what can. */
  readonly calmlyEveryMs: number;
  /** The mean gap between arrivals up to which they do. */
  readonly maxGapMs: number;
}

/** How long several at once say that there will be several again. */
const crowdedForMs = 50;

/** An arrival counts for so much of the mean gap. */
const weight = 1 / 16;

/** An idle while counts as a gap of so many of those that are dense, however long it was. */
const longestGaps = 10;

/**
 * Lets commits begin some time apart while much arrives, so that several share one. A commit costs two wake-ups of a thread,
 * pages and an fsync, however little is in it: begun for each line, commits take what the lines behind them need.
 *
 * Nothing waits for company that is not there: what comes so seldom that it would be alone is committed at once, and so is
 * what comes from one caller, however quick, who asks only when he was answered.
 */
export const createCommitPace = (options: CommitPaceOptions): CommitPace => {
  const { monotonic, everyMs, calmlyEveryMs, maxGapMs } = options;
  const longestGapMs = longestGaps * maxGapMs;
  let meanGapMs = longestGapMs;
  let arrivedAt = Number.NEGATIVE_INFINITY;
  let begunAt = Number.NEGATIVE_INFINITY;
  let crowdedAt = Number.NEGATIVE_INFINITY;
  let arrivals = 0;
  /** Whether something came, since the last commit began, that cannot wait. */
  let isHurried = false;
  let waiting: (PromiseWithResolvers<void> & { timer: ReturnType<typeof setTimeout> }) | null = null;
  let isOver = false;

  const begin = (now: number): void => {
    if (arrivals > 1) crowdedAt = now;
    arrivals = 0;
    isHurried = false;
    begunAt = now;
  };
  const release = (): void => {
    const released = waiting;
    waiting = null;
    begin(monotonic());
    released?.resolve();
  };
  /** How long the commit that is wanted now has to wait, in whole milliseconds as timers count them. */
  const leftMs = (now: number): number => {
    const isDense = meanGapMs <= maxGapMs && (arrivals > 1 || now - crowdedAt <= crowdedForMs);
    return isDense && !isOver ? Math.round(begunAt + (isHurried ? everyMs : calmlyEveryMs) - now) : 0;
  };
  /** Who waits calmly goes along with what came and cannot. */
  const hurry = (now: number): void => {
    if (isHurried) return;
    isHurried = true;
    if (waiting === null) return;
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(release, leftMs(now));
  };

  return {
    arrived: (canWait = false) => {
      const now = monotonic();
      meanGapMs += (Math.min(now - arrivedAt, longestGapMs) - meanGapMs) * weight;
      arrivedAt = now;
      arrivals += 1;
      if (!canWait) hurry(now);
    },
    next: () => {
      if (waiting !== null) return waiting.promise;
      const now = monotonic();
      const ms = leftMs(now);
      if (ms <= 0) {
        begin(now);
        return null;
      }
      waiting = { ...Promise.withResolvers<void>(), timer: setTimeout(release, ms) };
      return waiting.promise;
    },
    end: () => {
      isOver = true;
      if (waiting === null) return;
      clearTimeout(waiting.timer);
      release();
    },
  };
};
