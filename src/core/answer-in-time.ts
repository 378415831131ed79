/**
 * Settles as `answer` does, or rejects after a while. What was begun goes on; nobody waits for it any more.
 *
 * @param maxWaitMs the longest wait
 * @param giveUp called when it is over; its result is the reason of the rejection
 */
export const answerInTime = <T>(answer: Promise<T>, maxWaitMs: number, giveUp: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(giveUp()), maxWaitMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
