// The refusal of load as a state machine: tables of moments, and a server that is played through.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AdmissionControl,
  admissionLimits,
  createAdmissionControl,
} from '../../src/core/admission-control.ts';

const limits = {
  ...admissionLimits,
  turnMs: 40,
  freeInFlight: 8,
  mostPerTurn: 100,
  leastPerTurn: 2,
  mostTurnsToWait: 2,
  mostInFlight: 1000,
};

/** A loop that is busy, or waits, for as long as it is told. */
const createLoop = (control: AdmissionControl) => {
  let [atMs, idleMs] = [0, 0];
  control.turn({ atMs, idleMs });
  return {
    busy: (ms: number): void => control.turn({ atMs: (atMs += ms), idleMs }),
    waits: (ms: number): void => control.turn({ atMs: (atMs += ms), idleMs: (idleMs += ms) }),
  };
};

const admitAll = (
  control: AdmissionControl,
  count: number,
): { now: number; later: number; refused: number } => {
  const all = Array.from({ length: count }, () => control.admit());
  const counted = (what: 'now' | 'later' | null): number =>
    all.filter((admitted) => admitted === what).length;
  return { now: counted('now'), later: counted('later'), refused: counted(null) };
};

/** All that is let in is begun with in its turn, and answered. */
const leaveAll = (control: AdmissionControl): void => {
  control.next();
  while (control.inFlight() > 0) control.left();
};

/** Of a loop so late that as little as possible is let into a turn. */
const createLate = () => {
  const control = createAdmissionControl(limits);
  const loop = createLoop(control);
  for (let turn = 0; turn < 50; turn += 1) {
    admitAll(control, 2);
    leaveAll(control);
    loop.busy(5000);
  }
  return { control, loop };
};

describe('B26 createAdmissionControl', () => {
  it('of a burst a turn is begun with at once, the turns after it do their part in its order, and beyond them it is refused', () => {
    const control = createAdmissionControl(limits);
    const loop = createLoop(control);
    expect(admitAll(control, 350)).toEqual({ now: 100, later: 200, refused: 50 });
    expect(control.inFlight()).toBe(300);
    expect(control.next()).toBe(0);
    loop.busy(10);
    expect(admitAll(control, 1)).toEqual({ now: 0, later: 0, refused: 1 });
    expect([control.next(), control.next()]).toEqual([100, 0]);
    // Who comes now stands behind those who wait.
    expect(admitAll(control, 1)).toEqual({ now: 0, later: 1, refused: 0 });
    loop.busy(10);
    expect(admitAll(control, 1)).toEqual({ now: 0, later: 1, refused: 0 });
    expect(control.next()).toBe(100);
    loop.busy(10);
    expect(control.next()).toBe(2);
    expect(admitAll(control, 100)).toEqual({ now: 98, later: 2, refused: 0 });
  });

  it.each([
    [
      'a loop that waits for work, however long its turns',
      [
        [200, true],
        [500, true],
        [90, true],
        [300, true],
      ],
      false,
    ],
    [
      'short turns without a pause',
      [
        [39, false],
        [40, false],
        [40, false],
        [12, false],
      ],
      false,
    ],
    [
      'two long turns',
      [
        [500, false],
        [500, false],
      ],
      false,
    ],
    [
      'long turns with a short one between',
      [
        [90, false],
        [90, false],
        [20, false],
        [90, false],
        [90, false],
      ],
      false,
    ],
    [
      'three long turns in a row',
      [
        [90, false],
        [90, false],
        [90, false],
      ],
      true,
    ],
    [
      'three long turns, of which one began with a pause',
      [
        [90, false],
        [90, true],
        [90, false],
      ],
      false,
    ],
  ] as const)('%s', (_name, turns, refuses) => {
    const control = createAdmissionControl(limits);
    const loop = createLoop(control);
    for (const [ms, waits] of turns) {
      admitAll(control, 60);
      leaveAll(control);
      if (waits) loop.waits(ms);
      else loop.busy(ms);
    }
    expect(admitAll(control, 100).now).toBe(refuses ? 26 : 100);
  });

  it('a late loop is never refused its last few, so that there is always something to do', () => {
    const { control, loop } = createLate();
    expect(admitAll(control, 20)).toEqual({ now: 2, later: 6, refused: 12 });
    control.left();
    expect(admitAll(control, 20)).toEqual({ now: 0, later: 1, refused: 19 });
    loop.busy(5000);
    expect(control.next()).toBe(2);
    // Eight are unanswered, but the turns to come have room.
    expect(admitAll(control, 20)).toEqual({ now: 0, later: 0, refused: 20 });
    control.next();
    loop.busy(5000);
    control.next();
    expect(admitAll(control, 20)).toEqual({ now: 0, later: 1, refused: 19 });
  });

  it('comes back within some turns once the loop waits again, and at once lets in what there is', () => {
    const { control, loop } = createLate();
    let turns = 0;
    for (let letIn = 0; letIn < 100 && turns < 25; turns += 1) {
      letIn = admitAll(control, 100).now;
      expect(letIn).toBeGreaterThanOrEqual(2);
      leaveAll(control);
      loop.waits(5);
      // Those that wait come first.
      for (let later = 0; later < limits.mostTurnsToWait && control.next() > 0; later += 1) loop.waits(5);
      expect(control.next()).toBe(0);
    }
    expect(turns).toBeLessThan(25);
  });

  it('comes back at once when the loop has waited for long', () => {
    const { control, loop } = createLate();
    loop.waits(249);
    const { now } = admitAll(control, 100);
    expect(now).toBeLessThan(100);
    loop.waits(250);
    const waited = control.next();
    expect(waited).toBeGreaterThan(0);
    expect(admitAll(control, 100).now).toBe(100 - waited);
  });

  it('those that wait for something else are bounded too, by what is answered in two seconds', () => {
    const control = createAdmissionControl({ ...limits, mostInFlight: 50 });
    const loop = createLoop(control);
    expect(admitAll(control, 80)).toEqual({ now: 50, later: 0, refused: 30 });
    for (let answered = 0; answered < 40; answered += 1) control.left();
    expect(control.inFlight()).toBe(10);
    loop.waits(1000);
    expect(admitAll(control, 80)).toEqual({ now: 70, later: 0, refused: 10 });
    expect(control.inFlight()).toBe(80);
    loop.waits(1000);
    for (let left = 0; left < 31; left += 1) control.left();
    expect(control.admit()).toBe('now');
    expect(control.admit()).toBeNull();
  });

  it('counts exactly those that are in and those that wait, whatever happens', () => {
    const few = { ...limits, mostPerTurn: 5, freeInFlight: 3 };
    const step = fc.oneof(
      fc.constant('admit' as const),
      fc.constant('next' as const),
      fc.constant('left' as const),
      fc.record({ ms: fc.integer({ min: 0, max: 10_000 }), idle: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const control = createAdmissionControl(few);
        const loop = createLoop(control);
        let [inside, waiting, begun] = [0, 0, 0];
        for (const what of steps)
          if (what === 'admit') {
            const admitted = control.admit();
            // The last few are never refused.
            if (admitted === null) expect(inside).toBeGreaterThanOrEqual(few.freeInFlight);
            // Nobody overtakes.
            if (admitted === 'now') expect(waiting).toBe(0);
            inside += Number(admitted !== null);
            waiting += Number(admitted === 'later');
            begun += Number(admitted === 'now');
          } else if (what === 'next') {
            const next = control.next();
            expect(next).toBeLessThanOrEqual(waiting);
            expect(next).toBeGreaterThanOrEqual(0);
            waiting -= next;
            begun += next;
          } else if (what === 'left') {
            if (inside === 0) continue;
            control.left();
            inside -= 1;
          } else {
            expect(begun).toBeLessThanOrEqual(few.mostPerTurn);
            begun = 0;
            if (what.idle) loop.waits(what.ms);
            else loop.busy(what.ms);
          }
        expect(control.inFlight()).toBe(inside);
      }),
    );
  });
});

describe('B26 how long those rest who were refused', () => {
  /** Begins with ten in a turn of a tenth of a second. */
  const createBusy = () => {
    const control = createAdmissionControl({
      ...limits,
      freeInFlight: 0,
      mostInFlight: 10,
      mostInFlightSeconds: 0,
    });
    const loop = createLoop(control);
    return {
      control,
      loop,
      /** How long the rest is after a turn in which so many were refused. */
      turn: (refused: number): number => {
        expect(admitAll(control, 10 + refused)).toEqual({ now: 10, later: 0, refused });
        leaveAll(control);
        loop.waits(100);
        return control.restMs();
      },
    };
  };

  it.each([
    ['none', 0, 50],
    ['twice as many as were begun with', 20, 50],
    ['more', 21, 75],
  ])('%s refused', (_name, refused, rest) => {
    expect(createBusy().turn(refused)).toBe(rest);
  });

  it('longer and longer, a second at most, and shorter again once few are refused, down to what it was', () => {
    const { turn } = createBusy();
    for (let count = 0; count < 7; count += 1) turn(50);
    expect(turn(50)).toBe(1000);
    expect(turn(50)).toBe(1000);
    // Between half and twice as many nothing changes.
    expect([turn(20), turn(5)]).toEqual([1000, 1000]);
    expect(turn(4)).toBe(950);
    for (let count = 0; count < 60; count += 1) turn(0);
    expect(turn(0)).toBe(50);
  });

  it('is weighed over a tenth of a second, not over a turn', () => {
    const { control, loop } = createBusy();
    admitAll(control, 60);
    leaveAll(control);
    loop.waits(99);
    expect(control.restMs()).toBe(50);
    loop.waits(1);
    expect(control.restMs()).toBe(75);
  });
});

/** A server with one thread, played through: every turn reads what came, then does what is due. */
const play = ({
  perSecond,
  workMs,
  refusalMs,
  stallMs = 0,
}: Readonly<Record<'perSecond' | 'workMs' | 'refusalMs', number>> & { stallMs?: number }) => {
  const control = createAdmissionControl();
  let [atMs, idleMs, owed, done, refused, longestMs, begun] = [0, 0, 0, 0, 0, 0, 0];
  control.turn({ atMs, idleMs });
  while (atMs < 20_000) {
    const startedAt = atMs;
    for (let left = begun; left > 0; left -= 1) control.left();
    atMs += begun * workMs + (atMs < 100 ? stallMs : 0);
    done += begun;
    owed += ((atMs - startedAt) * perSecond) / 1000;
    if (owed < 1 && control.inFlight() === 0) {
      const wait = ((1 - owed) / perSecond) * 1000;
      [atMs, idleMs, owed] = [atMs + wait, idleMs + wait, 1];
    }
    begun = 0;
    control.turn({ atMs, idleMs });
    for (; owed >= 1; owed -= 1) {
      const admitted = control.admit();
      begun += Number(admitted === 'now');
      if (admitted === null) {
        refused += 1;
        atMs += refusalMs;
      }
    }
    begun += control.next();
    if (atMs > 3000) longestMs = Math.max(longestMs, atMs - startedAt);
  }
  return { donePerSecond: (done / atMs) * 1000, refused, longestMs };
};

describe('B26 a server played through', () => {
  // What can be done is 1000 / workMs; what refusing costs is lost to it.
  const kept = (perSecond: number, workMs: number, refusalMs: number): number =>
    (1000 - perSecond * refusalMs) / (workMs - refusalMs);

  it.each([0.1, 0.33, 1])('nobody is refused below saturation, at %f ms a request', (workMs) => {
    for (const share of [0.1, 0.5, 0.9, 0.95]) {
      const { refused } = play({ perSecond: (share * 1000) / workMs, workMs, refusalMs: workMs / 10 });
      expect([share, refused]).toEqual([share, 0]);
    }
  });

  it.each([
    [2, 0.1],
    [5, 0.1],
    [10, 0.1],
    [2, 0.33],
    [5, 0.33],
    [5, 0.15],
  ])('%i times of what it can do, at %f ms: it does what it can, and nobody waits long', (times, workMs) => {
    const perSecond = (times * 1000) / workMs;
    const refusalMs = workMs / 50;
    const { donePerSecond, longestMs } = play({ perSecond, workMs, refusalMs });
    expect(donePerSecond).toBeGreaterThan(0.95 * kept(perSecond, workMs, refusalMs));
    expect(longestMs).toBeLessThan(Math.max(60, 1.5 * 256 * workMs));
  });

  it('a stall of a second refuses some of those it kept waiting, and is over', () => {
    const { refused } = play({ perSecond: 3000, workMs: 0.1, refusalMs: 0.02, stallMs: 1000 });
    expect(refused).toBeLessThan(3000);
    expect(play({ perSecond: 900, workMs: 0.1, refusalMs: 0.02, stallMs: 1000 }).refused).toBe(0);
  });
});
