/** How often workers may end by themselves before the whole server gives up, and how long a new one is waited for. */
export interface RestartPolicy {
  /** A worker ended: milliseconds until another takes its place, or `null` for never. */
  ended(): number | null;
}

const windowMs = 60_000;
const firstDelayMs = 100;
const longestDelayMs = 5000;

/**
 * The first one is replaced at once: most ends are a single accident. From then on each one within a minute waits twice as
 * long as the one before; more than `most` of them are no accident, and whoever started the server has to know.
 *
 * @param most ends within a minute that are borne
 * @param later runs its argument after so many milliseconds
 */
export const createRestartPolicy = (
  most: number,
  later: (run: () => void, ms: number) => void,
): RestartPolicy => {
  let recent = 0;
  return {
    ended: () => {
      recent += 1;
      later(() => {
        recent -= 1;
      }, windowMs);
      if (recent > most) return null;
      return recent === 1 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (recent - 2));
    },
  };
};
