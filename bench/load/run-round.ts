import { type Connection, openConnection } from './connection.ts';
import { createCounters, differenceOf } from './counters.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import type { Requests } from './read-requests.ts';
import { createAnswerRecord } from './record-answers.ts';

/** An answer that takes longer than this is a failure, and voids the round. */
const patienceMs = 10_000;

/** Sends one round of requests; rejects with the first answer that is not the expected one. */
export const runRound = async (job: LoadJob, requests: Requests): Promise<LoadResult> => {
  const { pace, connections, urls } = job;
  if (requests.count === 0) throw new Error('there is nothing to send');
  const ports = urls.map((url) => Number(new URL(url).port));
  const record = createAnswerRecord(job);
  const counters = createCounters(job);
  /** When the request in flight on each connection was sent, or was due. */
  const since = new Float64Array(connections);
  const idle: number[] = [];
  let sent = 0;
  let answered = 0;
  let over = false;
  let onDone: () => void = () => undefined;
  let onFailed: (why: string) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    onDone = resolve;
    onFailed = (why) => reject(new Error(why));
  });
  // Somebody may break off while connections are still being made.
  done.catch(() => undefined);

  const left = (): boolean => job.most === null || sent < job.most;
  const send = (place: number, due: number): void => {
    const request = requests.at(job.first + sent);
    sent += 1;
    since[place] = due;
    opened[place]?.send(request);
  };
  const opened: readonly Connection[] = await Promise.all(
    Array.from({ length: connections }, (_, place) =>
      openConnection(ports[place % ports.length] ?? 0, {
        onBroken: (why) => onFailed(why),
        onAnswer: (status, body) => {
          const now = performance.now();
          const wrong = record.note(status, body, now - (since[place] ?? now));
          if (wrong !== null) return onFailed(wrong);
          answered += 1;
          if (pace.kind === 'saturate' && !over && left()) send(place, now);
          else idle.push(place);
          if (answered === sent && (over || !left())) onDone();
        },
      }),
    ),
  );

  let timer: NodeJS.Timeout | undefined;
  try {
    const before = counters.read();
    const start = performance.now();
    const deadline = start + job.seconds * 1000;
    const finish = () => {
      over = true;
      record.end();
      const seconds = (performance.now() - start) / 1000;
      const used = differenceOf(before, counters.read());
      return { seconds, ...used };
    };
    let measured: ReturnType<typeof finish> | null = null;
    if (pace.kind === 'saturate') {
      timer = setTimeout(() => {
        measured = finish();
        if (answered === sent) onDone();
        timer = setTimeout(() => onFailed(`no answer within ${patienceMs} ms`), patienceMs);
      }, job.seconds * 1000);
      for (let place = 0; place < connections && left(); place += 1) send(place, performance.now());
    } else {
      for (let place = 0; place < connections; place += 1) idle.push(place);
      const gapMs = 1000 / pace.perSecond;
      let due = start;
      // Turns without a pause: this process has a core of its own, and a timer would be a millisecond late.
      const turn = (): void => {
        const now = performance.now();
        for (; due <= now && due < deadline && idle.length > 0; due += gapMs) send(idle.shift() ?? 0, due);
        if (now > deadline + patienceMs) return onFailed('the server does not keep up');
        if (now >= deadline && measured === null) measured = finish();
        if (due >= deadline && answered === sent) onDone();
        else setImmediate(turn);
      };
      turn();
    }
    await done;
    return { ...record.summary(), ...(measured ?? finish()), serverBytes: counters.serverBytes() };
  } finally {
    clearTimeout(timer);
    for (const connection of opened) connection.close();
  }
};
