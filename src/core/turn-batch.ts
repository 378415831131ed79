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
  let waiting: Waiting<Input, Output>[] = [];
  const runAll = (): void => {
    const turn = waiting;
    waiting = [];
    for (const { input, resolve, reject } of turn) {
      try {
        resolve(run(input));
      } catch (error) {
        reject(error);
      }
    }
  };
  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      if (waiting.length === 1) schedule(runAll);
    });
};

interface Waiting<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}
