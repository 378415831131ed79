/**
 * Gathers the calls of one event-loop turn and runs them one after the other at its end, so that the same machine code
 * serves many requests while it is warm.
 *
 * @param run what each call does; what it throws rejects that call alone
 * @param schedule runs a task at the end of the turn, for example `setImmediate`
 */
export const createTurnBatch = <Input, Output>(
  run: (input: Input) => Output,
  schedule: (task: () => void) => void,
): ((input: Input) => Promise<Output>) => {
  // Async, so that what is thrown becomes the rejection of this call.
  const settle = async (input: Input): Promise<Output> => run(input);
  let waiting: (() => void)[] = [];
  const runAll = (): void => {
    const turn = waiting;
    waiting = [];
    for (const call of turn) call();
  };
  return (input) =>
    new Promise((resolve) => {
      waiting.push(() => resolve(settle(input)));
      if (waiting.length === 1) schedule(runAll);
    });
};
