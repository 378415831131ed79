/** How much is let in; times in milliseconds. */
export interface AdmissionLimits {
  /** How long a turn of the event loop may take: whoever knocks meanwhile waits that long before anybody looks. */
  readonly turnMs: number;
  /** How many turns in a row may be longer before anything is refused: one is a pause of the collector, or a burst. */
  readonly patienceTurns: number;
  /** Bounds of what is let in within one turn. */
  readonly leastPerTurn: number;
  readonly mostPerTurn: number;
  /** How many may be unanswered at one time, however slow the answers are … */
  readonly leastInFlight: number;
  /** … and beyond it, how many seconds' worth of the answers that are given now. */
  readonly inFlightSeconds: number;
}

/** The limits of a server. */
export const admissionLimits: AdmissionLimits = {
  turnMs: 35,
  patienceTurns: 3,
  leastPerTurn: 16,
  mostPerTurn: 1024,
  leastInFlight: 3000,
  inFlightSeconds: 2,
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
  /** Whether one more request is let in; if so, {@link AdmissionControl.left} follows once. */
  admit(): boolean;
  /** One that was let in has been answered or has gone away. */
  left(): void;
  /** A turn is over. */
  turn(moment: LoopMoment): void;
  /** Whether less is let in than can be: more was asked, for some turns, than was done. */
  isLate(): boolean;
  /** How many were let in and have not left. */
  inFlight(): number;
}

/** A turn in which the loop waited longer than this had nothing left to do. */
const caughtUpMs = 1;

/** How fast the limit of a turn comes back, and how fast it goes down at most. */
const growth = 1.25;
const steepestFall = 0.5;

/**
 * Keeps the turns of the event loop short, by how many requests each lets in. A process that keeps up waits for work now and
 * then, and its turns are short however many callers wait for the network or the store; once it never waits and its turns are
 * long, every further request it takes in only makes all of them later. So what counts is how late the loop is, not how long
 * requests take: those that wait for a slow issuer are in nobody's way.
 */
export const createAdmissionControl = (limits: AdmissionLimits = admissionLimits): AdmissionControl => {
  const { turnMs, patienceTurns, leastPerTurn, mostPerTurn } = limits;
  let perTurn = mostPerTurn;
  let lateTurns = 0;
  let last: LoopMoment | null = null;
  /** Let in during this turn, and during the one before, whose work this one does. */
  let letIn = 0;
  let letInBefore = 0;

  let inFlight = 0;
  let mostInFlight = limits.leastInFlight;
  let leftSince = 0;
  let countedFromMs = 0;

  const countLeft = (atMs: number): void => {
    const seconds = (atMs - countedFromMs) / 1000;
    if (seconds < 1) return;
    const perSecond = leftSince / seconds;
    mostInFlight = Math.max(limits.leastInFlight, Math.floor(perSecond * limits.inFlightSeconds));
    leftSince = 0;
    countedFromMs = atMs;
  };

  const fallBack = (lateMs: number): void => {
    const taken = Math.min(perTurn, Math.max(letIn, letInBefore));
    perTurn = Math.max(leastPerTurn, Math.floor(taken * Math.max(steepestFall, turnMs / lateMs)));
  };

  return {
    admit: () => {
      if (letIn >= perTurn || inFlight >= mostInFlight) return false;
      letIn += 1;
      inFlight += 1;
      return true;
    },
    left: () => {
      inFlight -= 1;
      leftSince += 1;
    },
    turn: (moment) => {
      const caughtUp = last === null || moment.idleMs - last.idleMs > caughtUpMs;
      const lateMs = last === null || caughtUp ? 0 : moment.atMs - last.atMs;
      last = moment;
      countLeft(moment.atMs);
      lateTurns = lateMs > turnMs ? lateTurns + 1 : 0;
      if (lateTurns >= (perTurn < mostPerTurn ? 1 : patienceTurns)) fallBack(lateMs);
      else if (lateTurns === 0) perTurn = Math.min(mostPerTurn, Math.ceil(perTurn * growth));
      letInBefore = letIn;
      letIn = 0;
    },
    isLate: () => perTurn < mostPerTurn,
    inFlight: () => inFlight,
  };
};
