import type { Child } from '../children.ts';

const patienceMs = 120_000;

/** Waits until a server says that it is ready; throws with what it said when it ends or takes too long. */
export const untilReady = async (url: string, child: Child, pauseMs = 50): Promise<void> => {
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  const until = performance.now() + patienceMs;
  while (!over && performance.now() < until) {
    const response = await fetch(`${url}/readyz`).catch(() => null);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`the server did not become ready: ${child.errors().trim()}`);
};
