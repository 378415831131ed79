import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** Writes lines to a file descriptor without ever waiting for it. */
export interface LineWriter {
  /** Takes a line, with its line end; never throws. */
  readonly write: (line: string) => void;
  /** Begins to write what is in memory, now and not with the lines to come. */
  readonly flush: () => void;
  /** Lines that were lost since the beginning: for want of a reader, or of room. */
  readonly dropped: () => number;
  /** Writes what is in memory, for as long as that may take; later lines are dropped. */
  readonly close: () => Promise<void>;
}

/** How a writer goes about it. */
export interface LineWriterOptions {
  readonly fd: number;
  /** Told that lines are written again after some were lost, with how many. */
  readonly recovered: (lost: number) => void;
  /** The most characters kept for a reader that does not read; beyond it lines are lost, never memory. */
  readonly mostCharacters?: number;
  /** Whether other processes write to it, too: then lines are written such that they do not get into each other. */
  readonly isShared?: boolean;
}

/** How long a line may stay in memory: lines are written together, for a write each would cost as much as a signature. */
const flushEveryMs = 200;
/** As many characters are worth a write of their own. */
const enough = 64 * 1024;
/** What a pipe takes whole or not at all, in bytes (POSIX, `PIPE_BUF`, as Linux has it). */
const wholeBytes = 4096;
/** How long the end of the process waits for a reader. */
const patienceMs = 500;

/**
 * A log nobody reads, or on a full disk, must neither stop the server nor fill its memory, and what is lost is counted
 * (B38): the trail is in the store, not here. What cannot be written is tried again, from the very byte that was not taken,
 * so that a line is whole or not there.
 */
export const createLineWriter = ({
  fd,
  recovered,
  mostCharacters = 16 * 1024 * 1024,
  isShared = false,
}: LineWriterOptions): LineWriter => {
  let waiting = '';
  let underWay: Buffer | null = null;
  let isWriting = false;
  let isUrgent = false;
  /** The reader is gone for good. */
  let isBroken = false;
  let dropped = 0;
  let reported = 0;
  let settled: (() => void) | null = null;

  const lose = (lines: string): void => {
    dropped += lines.split('\n').length - 1;
  };

  const pump = (): void => {
    if (isWriting) return;
    if (underWay === null && waiting !== '') {
      underWay = Buffer.from(waiting);
      waiting = '';
    }
    if (underWay === null) {
      isUrgent = false;
      settled?.();
      return;
    }
    isWriting = true;
    write(fd, underWay, 0, isShared ? wholeLines(underWay) : underWay.length, null, took);
  };

  const took = (error: NodeJS.ErrnoException | null, bytes: number): void => {
    isWriting = false;
    if (error?.code === 'EPIPE') {
      isBroken = true;
      lose(`${underWay?.toString() ?? ''}${waiting}`);
      [underWay, waiting] = [null, ''];
    }
    // A full pipe, a full disk: it is tried again with the next round.
    else if (error === null) underWay = remainder(underWay, bytes);
    else return;
    if (dropped > reported && !isBroken) {
      const lost = dropped - reported;
      reported = dropped;
      recovered(lost);
    }
    if (underWay !== null || isUrgent || isBroken || waiting.length >= enough) pump();
  };

  const timer = setInterval(pump, flushEveryMs);
  timer.unref();
  // Without this, a crash would take its own explanation with it.
  const onExit = (): void => {
    if (isWriting) return;
    const rest = Buffer.concat([underWay ?? Buffer.alloc(0), Buffer.from(waiting)]);
    writeNow(fd, rest, isShared ? wholeLines : (text) => text.length);
  };
  process.on('exit', onExit);

  return {
    write: (line) => {
      if (isBroken || waiting.length + (underWay?.length ?? 0) + line.length > mostCharacters) {
        dropped += 1;
        return;
      }
      waiting += line;
      if (waiting.length >= enough) pump();
    },
    flush: () => {
      isUrgent = true;
      pump();
    },
    dropped: () => dropped,
    close: async () => {
      isUrgent = true;
      let late: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        settled = resolve;
        late = setTimeout(resolve, patienceMs);
        pump();
      });
      clearTimeout(late);
      clearInterval(timer);
      process.removeListener('exit', onExit);
      isBroken = true;
    },
  };
};

/** How many bytes of `text` to write at once: as many lines as a pipe takes whole, or one that is longer. */
const wholeLines = (text: Buffer): number => {
  if (text.length <= wholeBytes) return text.length;
  const last = text.lastIndexOf(0x0a, wholeBytes - 1);
  const end = last >= 0 ? last : text.indexOf(0x0a);
  return end >= 0 ? end + 1 : text.length;
};

const remainder = (chunk: Buffer | null, bytes: number): Buffer | null =>
  chunk === null || bytes >= chunk.length ? null : chunk.subarray(bytes);

/** As much of it as is taken at once: the process is ending, and waits for nobody. */
const writeNow = (fd: number, text: Buffer, sizeOf: (text: Buffer) => number): void => {
  try {
    for (let rest: Buffer | null = text; rest !== null && rest.length > 0; )
      rest = remainder(rest, writeSync(fd, rest, 0, sizeOf(rest)));
  } catch {
    // The reader is slow or gone, or the disk full: there is nothing left to say it to.
  }
};

/**
 * Standard output, such that a write to it returns at once. A pipe is opened again for it, so that whoever else has it keeps
 * it as it is; anything else is taken as it comes: files do not wait, and a socket cannot be opened again.
 */
export const openStandardOutput = (): number => {
  try {
    if (!fstatSync(1).isFIFO()) return 1;
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return 1;
  }
};
