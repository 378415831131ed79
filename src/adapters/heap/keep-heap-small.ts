import { setFlagsFromString } from 'node:v8';

/**
 * Tells V8 what it guesses wrongly here, for the main thread and those of the store; called once, before anything is served and
 * when everything is loaded and all threads are there: what Node holds compiled of itself is good for the flags it was started
 * with alone, and a module of Node or a thread takes twice as long to load after this.
 *
 * Pretenuring: where many accounts are read, V8 learns that what is made at the same place of the program lives long, and
 * makes what belongs to a request in the old generation as well. There each dead piece holds on to all of its request until
 * the next full collection: a third of the memory of a server with a million accounts, and copied twice before.
 *
 * Growth: the old generation may grow to one and a half times what was alive at the last full collection, where V8 would let
 * it grow to four times as long as the machine has memory. What is collected more often for it is small: a request leaves
 * next to nothing there.
 */
export const keepHeapSmall = (): void => {
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--heap-growing-percent=50');
};
