import { percentile } from '../statistics.ts';
import type { LoadJob } from './load-job.ts';

/** Times and samples of the answers of one round. */
export interface AnswerRecord {
  /** Notes an answer; gives what is wrong with it, or `null`. */
  note(status: number, body: Buffer, milliseconds: number): string | null;
  /** From now on answers are late. */
  end(): void;
  summary(): {
    readonly answers: number;
    readonly late: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly mostMs: number;
    readonly samples: readonly string[];
  };
}

/**
 * Keeps the time of every answer and the bodies of some, each with the same chance (reservoir sampling). Latencies of
 * late answers count where requests are due at set times, for leaving them out would hide the slowest.
 *
 * @param random from 0 to below 1
 */
export const createAnswerRecord = (
  { expected, samples: wanted, pace }: Pick<LoadJob, 'expected' | 'samples' | 'pace'>,
  random: () => number = Math.random,
): AnswerRecord => {
  const times: number[] = [];
  const samples: string[] = [];
  let seen = 0;
  let late = 0;
  let over = false;
  return {
    note: (status, body, milliseconds) => {
      if (status !== expected.status || !body.includes(expected.text))
        return `answered ${status} ${body.toString().slice(0, 500)}`;
      if (over) late += 1;
      if (!over || pace.kind === 'constant') times.push(milliseconds);
      seen += 1;
      if (samples.length < wanted) samples.push(body.toString());
      else {
        const place = Math.floor(random() * seen);
        if (place < wanted) samples[place] = body.toString();
      }
      return null;
    },
    end: () => {
      over = true;
    },
    summary: () => {
      if (times.length === 0) throw new Error('not one answer came within the time of the round');
      const sorted = Float64Array.from(times).sort();
      return {
        answers: seen - late,
        late,
        p50Ms: percentile(sorted, 0.5),
        p99Ms: percentile(sorted, 0.99),
        mostMs: percentile(sorted, 1),
        samples,
      };
    },
  };
};
