/** Work that is done again and again until it is stopped. */
export interface Rounds {
  /** No further round; resolves when the one under way is over. */
  stop(): Promise<void>;
}

/**
 * Runs `round` every `intervalMs`, one at a time: what is under way when the next is due stands for it. A round that fails
 * is reported, and the next one tries again. The timer keeps no process alive.
 */
export const startRounds = (
  round: () => Promise<void>,
  reportFault: (error: unknown) => void,
  intervalMs: number,
  { atOnce = false }: { readonly atOnce?: boolean } = {},
): Rounds => {
  let underWay: Promise<void> | null = null;
  const run = (): void => {
    underWay ??= round()
      .catch(reportFault)
      .finally(() => {
        underWay = null;
      });
  };
  const timer = setInterval(run, intervalMs);
  timer.unref();
  if (atOnce) run();
  return {
    stop: async () => {
      clearInterval(timer);
      await underWay;
    },
  };
};
