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
  freeInFlight: 4,
  mostPerTurn: 100,
  leastPerTurn: 2,
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

const admitAll = (control: AdmissionControl, count: number): number =>
  Array.from({ length: count }, () => control.admit()).filter(Boolean).length;

const leaveAll = (control: AdmissionControl): void => {
  while (control.inFlight() > 0) control.left();
};

describe('B26 createAdmissionControl', () => {
  it('lets a burst in at once, up to the limit of a turn, and the rest of it in the next', () => {
    const control = createAdmissionControl(limits);
    const loop = createLoop(control);
    expect(admitAll(control, 150)).toBe(100);
    loop.busy(10);
    expect(admitAll(control, 50)).toBe(50);
    expect(control.inFlight()).toBe(150);
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
    expect(admitAll(control, 100)).toBe(refuses ? 26 : 100);
  });

  it('a late loop is never refused its last few, so that there is always something to do', () => {
    const control = createAdmissionControl(limits);
    const loop = createLoop(control);
    for (let turn = 0; turn < 50; turn += 1) {
      admitAll(control, 100);
      leaveAll(control);
      loop.busy(5000);
    }
    expect(admitAll(control, 10)).toBe(4);
    control.left();
    expect(admitAll(control, 10)).toBe(1);
    loop.busy(5000);
    expect(admitAll(control, 10)).toBe(2);
  });

  it('comes back within some turns once the loop waits again, and at once lets in what there is', () => {
    const control = createAdmissionControl(limits);
    const loop = createLoop(control);
    for (let turn = 0; turn < 50; turn += 1) {
      admitAll(control, 100);
      leaveAll(control);
      loop.busy(5000);
    }
    let turns = 0;
    for (let letIn = 0; letIn < 100; turns += 1) {
      letIn = admitAll(control, 100);
      expect(letIn).toBeGreaterThanOrEqual(4);
      leaveAll(control);
      loop.waits(5);
    }
    expect(turns).toBeLessThan(25);
  });

  it('comes back at once when the loop has waited for long', () => {
    const control = createAdmissionControl(limits);
    const loop = createLoop(control);
    for (let turn = 0; turn < 50; turn += 1) {
      admitAll(control, 100);
      leaveAll(control);
      loop.busy(5000);
    }
    loop.waits(249);
    const few = admitAll(control, 100);
    expect(few).toBeLessThan(100);
    leaveAll(control);
    loop.waits(250);
    expect(admitAll(control, 100)).toBe(100);
  });

  // Milliseconds of each turn; ~ where the loop waited for work meanwhile.
  it('those that wait for something else are bounded too, by what is answered in two seconds', () => {
    const control = createAdmissionControl({ ...limits, mostInFlight: 50 });
    const loop = createLoop(control);
    expect(admitAll(control, 80)).toBe(50);
    for (let answered = 0; answered < 40; answered += 1) control.left();
    expect(control.inFlight()).toBe(10);
    loop.waits(1000);
    expect(admitAll(control, 80)).toBe(70);
    expect(control.inFlight()).toBe(80);
    loop.waits(1000);
    for (let left = 0; left < 31; left += 1) control.left();
    expect(control.admit()).toBe(true);
    expect(control.admit()).toBe(false);
  });

  it('counts exactly those that are in, whatever happens', () => {
    const step = fc.oneof(
      fc.constant('admit' as const),
      fc.constant('left' as const),
      fc.record({ ms: fc.integer({ min: 0, max: 10_000 }), idle: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const control = createAdmissionControl(limits);
        const loop = createLoop(control);
        let inside = 0;
        for (const what of steps)
          if (what === 'admit') {
            const before = inside;
            const admitted = control.admit();
            inside += Number(admitted);
            // The last few are never refused.
            if (!admitted) expect(before).toBeGreaterThanOrEqual(limits.freeInFlight);
          } else if (what === 'left') {
            if (inside === 0) continue;
            control.left();
            inside -= 1;
          } else if (what.idle) loop.waits(what.ms);
          else loop.busy(what.ms);
        expect(control.inFlight()).toBe(inside);
      }),
    );
  });
});

/** A server with one thread, played through: every turn reads what came, then does what it let in. */
const play = ({
  perSecond,
  workMs,
  refusalMs,
  stallMs = 0,
}: Readonly<Record<'perSecond' | 'workMs' | 'refusalMs', number>> & { stallMs?: number }) => {
  const control = createAdmissionControl();
  let [atMs, idleMs, owed, done, refused, longestMs] = [0, 0, 0, 0, 0, 0];
  let inside = 0;
  control.turn({ atMs, idleMs });
  while (atMs < 20_000) {
    const startedAt = atMs;
    for (let left = inside; left > 0; left -= 1) control.left();
    atMs += inside * workMs + (atMs < 100 ? stallMs : 0);
    done += inside;
    owed += ((atMs - startedAt) * perSecond) / 1000;
    if (owed < 1) {
      const wait = ((1 - owed) / perSecond) * 1000;
      [atMs, idleMs, owed] = [atMs + wait, idleMs + wait, 1];
    }
    inside = 0;
    for (; owed >= 1; owed -= 1)
      if (control.admit()) inside += 1;
      else {
        refused += 1;
        atMs += refusalMs;
      }
    control.turn({ atMs, idleMs });
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
