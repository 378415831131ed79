/** Begins with something when its turn comes, in the order in which it was given. */
export type TakeTurns = (begin: () => void) => void;

/**
 * So many are begun in a turn of the event loop, and then it is everybody else's: what arrives together, and would be begun
 * within one turn, keeps all others waiting until the last of it is under way.
 *
 * @param perTurn how many, asked in each turn
 * @param schedule runs a task in the next turn, for example `setImmediate`
 */
export const createTakeTurns = (perTurn: () => number, schedule: (task: () => void) => void): TakeTurns => {
  let waiting: (() => void)[] = [];

  const beginSome = (): void => {
    const count = perTurn();
    const some = waiting.slice(0, count);
    waiting = waiting.slice(count);
    if (waiting.length > 0) schedule(beginSome);
    for (const begin of some) begin();
  };

  return (begin) => {
    if (waiting.length === 0) schedule(beginSome);
    waiting.push(begin);
  };
};
