/** Lets callers in one at a time, in the order they came. */
export interface Turns {
  /** Resolves when it is the caller's turn, with the function that ends it; rejects after waiting too long. */
  take(): Promise<() => void>;
  /** The same, before all who wait already. Who takes turns like this one after the other lets one of them in between. */
  takeNext(): Promise<() => void>;
}

/**
 * Turns with a bounded wait, so that one stuck holder becomes a fault of those behind it and never a queue without end.
 *
 * @param maxWaitMilliseconds how long a caller waits before it gets an error instead of its turn
 */
export const createTurns = (maxWaitMilliseconds: number): Turns => {
  const waiting: (() => void)[] = [];
  let taken = false;

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) {
      taken = false;
    } else {
      next();
    }
  };

  const once = (): (() => void) => {
    let left = false;
    return () => {
      if (!left) {
        left = true;
        leave();
      }
    };
  };

  const enter = (queue: (enter: () => void) => void): Promise<() => void> => {
    if (!taken) {
      taken = true;
      return Promise.resolve(once());
    }
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const letIn = (): void => {
      clearTimeout(timer);
      resolve(once());
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(letIn), 1);
      reject(new Error(`waited ${maxWaitMilliseconds} ms for the database to become free`));
    }, maxWaitMilliseconds);
    queue(letIn);
    return promise;
  };

  return {
    take: () => enter((letIn) => void waiting.push(letIn)),
    takeNext: () => enter((letIn) => void waiting.unshift(letIn)),
  };
};
