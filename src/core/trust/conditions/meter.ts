import type { CelValue } from '@bufbuild/cel';
import { loadCel } from './cel-packages.ts';

/** Counts the work of one evaluation and says stop. */
export interface Meter {
  /** Begins a new evaluation. */
  readonly reset: () => void;
  /** Books `units` of work; throws {@link TooMuchWork} once more than the limit was booked since the last reset. */
  readonly charge: (units: number) => void;
  /** Books the size of a value, whatever is shared inside it counted each time it is met. */
  readonly chargeSize: (value: CelValue) => void;
  /** Whether the limit was passed, even if somebody swallowed the exception. */
  readonly exhausted: () => boolean;
}

/** Thrown by {@link Meter.charge}. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
  override readonly message = 'too much work';
}

/** How many characters or bytes count as one unit. */
const charactersPerUnit = 32;

/** A meter that allows `limit` units per evaluation. */
export const createMeter = (limit: number): Meter => {
  const { isCelList, isCelMap } = loadCel();
  let left = limit;

  const charge = (units: number): void => {
    left -= units;
    if (left < 0) throw new TooMuchWork();
  };

  const chargeSize = (value: CelValue): void => {
    // A stack of our own: nesting may be as deep as the token allows.
    const pending: CelValue[] = [value];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      charge(1);
      if (typeof next === 'string' || next instanceof Uint8Array) charge(next.length / charactersPerUnit);
      else if (isCelList(next)) for (const element of next) pending.push(element);
      else if (isCelMap(next)) for (const [key, element] of next) pending.push(key, element);
    }
  };

  return {
    reset: () => {
      left = limit;
    },
    charge,
    chargeSize,
    exhausted: () => left < 0,
  };
};
