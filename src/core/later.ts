/**
 * Runs `work` once, `delayMs` from now. A fault is reported. The timer keeps no process alive.
 *
 * @returns what calls it off, and resolves when it is over if it is under way
 */
export const startLater = (
  work: () => Promise<unknown>,
  reportFault: (error: unknown) => void,
  delayMs: number,
): { readonly stop: () => Promise<void> } => {
  let underWay: Promise<unknown> | null = null;
  const timer = setTimeout(() => {
    underWay = work().catch(reportFault);
  }, delayMs);
  timer.unref();
  return {
    stop: async () => {
      clearTimeout(timer);
      await underWay;
    },
  };
};
