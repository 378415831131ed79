/** How much is let in; times in milliseconds. */
export interface AdmissionLimits {
  /** How long a turn of the event loop may take: whoever knocks meanwhile waits that long before anybody looks. */
  readonly turnMs: number;
  /** How many turns in a row may be longer before anything is refused: one is a pause of the collector, or a burst. */
  readonly patienceTurns: number;
  /** Bounds of what is let in within one turn. */
  readonly leastPerTurn: number;
  readonly mostPerTurn: number;
  /** How many turns somebody may have to wait before anything is done for them; who would wait longer is refused. */
  readonly mostTurnsToWait: number;
  /** While fewer are unanswered nobody is refused, so that there is always enough to do. */
  readonly freeInFlight: number;
  /** How many may be unanswered at one time, however slow the answers are … */
  readonly mostInFlight: number;
  /** … or this many seconds' worth of the answers that are given now, where that is more. */
  readonly mostInFlightSeconds: number;
  /** How long a connection rests at least and at most after it was refused. */
  readonly restMs: { readonly least: number; readonly most: number };
}

/** The limits of a server. */
export const admissionLimits: AdmissionLimits = {
  turnMs: 20,
  patienceTurns: 3,
  leastPerTurn: 16,
  mostPerTurn: 1024,
  mostTurnsToWait: 7,
  freeInFlight: 256,
  mostInFlight: 3000,
  mostInFlightSeconds: 2,
  restMs: { least: 50, most: 1000 },
};

/** One moment of the event loop: the same point of each turn in which something arrived. */
export interface LoopMoment {
  /** Monotonic. */
  readonly atMs: number;
  /** How long the loop has waited for something to do since the process began. */
  readonly idleMs: number;
}

/** Decides which requests are let in. Asked for each of them, so it does next to nothing. */
export interface AdmissionControl {
  /**
   * Whether one more request is let in, and begun with at once or when {@link AdmissionControl.next} says so; `null` where it
   * is refused. What is let in has {@link AdmissionControl.left} follow once.
   */
  admit(): 'now' | 'later' | null;
  /** How many of those that were let in for later are begun with now. */
  next(): number;
  /** One that was let in has been answered or has gone away. */
  left(): void;
  /** A turn begins, and the one before it is over. */
  turn(moment: LoopMoment): void;
  /** How many were let in and have not left. */
  inFlight(): number;
  /** How long a connection is not read from that was refused now. */
  restMs(): number;
}

/** A turn in which the loop waited longer than this had nothing left to do. */
const caughtUpMs = 1;

/** After a wait as long as this nothing is left of what was before. */
const forgottenAfterMs = 250;

/** How fast the limit of a turn comes back at most. */
const growth = 1.25;

/** How fast those who were refused are sent to rest for longer, and come back sooner. */
const restGrowth = 1.5;
const restShrinking = 0.95;
const restLookedAtMs = 100;
const refusedPerBegun = { few: 0.5, most: 2 } as const;

/** How much a turn counts for beside the one after it, when the cost of a request is weighed. */
const remembered = 0.8;

/**
 * Keeps the turns of the event loop short, by how many requests each lets in. A process that keeps up waits for work now and
 * then, and its turns are short however many callers wait for the network or the store; once it never waits and its turns are
 * long, every further request it takes in only makes all of them later. So what counts is how late the loop is, not how long
 * requests take: those that wait for a slow issuer are in nobody's way.
 *
 * What a turn does not let in waits for one of the next, and is refused only where that would be too late: to wait costs next to
 * nothing, and to refuse a sixth of what is asked.
 */
export const createAdmissionControl = (limits: AdmissionLimits = admissionLimits): AdmissionControl => {
  const { turnMs, patienceTurns, leastPerTurn, mostPerTurn, mostTurnsToWait, freeInFlight } = limits;
  let perTurn = mostPerTurn;
  let lateTurns = 0;
  let last: LoopMoment | null = null;
  let letIn = 0;
  let waiting = 0;
  /** What was let in, and the time that took, over some turns: what one lets in, others do. */
  let weighed = { letIn: 0, ms: 0 };

  let inFlight = 0;
  let mostInFlight = limits.mostInFlight;
  let leftSince = 0;
  let countedFromMs = 0;

  let restMs = limits.restMs.least;
  let sinceRestMs = { atMs: 0, begun: 0, refused: 0 };

  /**
   * Whoever sends again at once is refused again, and that costs too: a sixth of what is done. Where more than twice as many are
   * refused as are begun with, those who were refused rest for longer, at most about as long as they were told to stay away.
   */
  const weighRest = (atMs: number): void => {
    if (atMs - sinceRestMs.atMs < restLookedAtMs) return;
    const { begun, refused } = sinceRestMs;
    if (refused > begun * refusedPerBegun.most) restMs = Math.min(limits.restMs.most, restMs * restGrowth);
    else if (refused < begun * refusedPerBegun.few)
      restMs = Math.max(limits.restMs.least, restMs * restShrinking);
    sinceRestMs = { atMs, begun: 0, refused: 0 };
  };

  const countLeft = (atMs: number): void => {
    const seconds = (atMs - countedFromMs) / 1000;
    if (seconds < 1) return;
    const perSecond = leftSince / seconds;
    mostInFlight = Math.max(limits.mostInFlight, Math.floor(perSecond * limits.mostInFlightSeconds));
    leftSince = 0;
    countedFromMs = atMs;
  };

  const keepUp = (lateMs: number): void => {
    weighed = { letIn: weighed.letIn * remembered + letIn, ms: weighed.ms * remembered + lateMs };
    lateTurns = lateMs > turnMs ? lateTurns + 1 : 0;
    if (perTurn === mostPerTurn && lateTurns < patienceTurns) return;
    const fitting = Math.floor((turnMs * weighed.letIn) / weighed.ms);
    // Only a turn that is late says that less is wanted: after a short one it may be that few came.
    const wanted = lateMs > turnMs ? fitting : Math.max(perTurn, fitting);
    perTurn = Math.max(leastPerTurn, Math.min(wanted, Math.ceil(perTurn * growth), mostPerTurn));
  };

  const catchUp = (waitedMs: number): void => {
    weighed = { letIn: 0, ms: 0 };
    lateTurns = 0;
    perTurn = waitedMs >= forgottenAfterMs ? mostPerTurn : Math.min(mostPerTurn, Math.ceil(perTurn * growth));
  };

  return {
    admit: () => {
      const isFull = waiting >= perTurn * mostTurnsToWait || inFlight >= mostInFlight;
      if (isFull && inFlight >= freeInFlight) {
        sinceRestMs.refused += 1;
        return null;
      }
      inFlight += 1;
      if (waiting > 0 || letIn >= perTurn) {
        waiting += 1;
        return 'later';
      }
      letIn += 1;
      return 'now';
    },
    next: () => {
      const count = Math.min(waiting, perTurn - letIn);
      waiting -= count;
      letIn += count;
      return count;
    },
    left: () => {
      inFlight -= 1;
      leftSince += 1;
    },
    turn: (moment) => {
      const waitedMs = last === null ? Number.POSITIVE_INFINITY : moment.idleMs - last.idleMs;
      if (last === null || waitedMs > caughtUpMs) catchUp(waitedMs);
      else keepUp(moment.atMs - last.atMs);
      last = moment;
      sinceRestMs.begun += letIn;
      letIn = 0;
      weighRest(moment.atMs);
      countLeft(moment.atMs);
    },
    inFlight: () => inFlight,
    restMs: () => restMs,
  };
};
