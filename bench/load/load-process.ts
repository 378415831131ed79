// A process of its own: what the load costs must not be taken from the server, nor slow it down.
import type { LoadAnswer, LoadJob } from './load-job.ts';
import { type Requests, readRequests } from './read-requests.ts';
import { runRound } from './run-round.ts';

/** The requests of the files of the subject in hand, for a round goes through them many times. */
const read = new Map<string, Requests>();

const requestsOf = ({ formsFile, urls, keep }: LoadJob): Requests => {
  const known = read.get(formsFile);
  if (known !== undefined) return known;
  const requests = readRequests(formsFile, urls[0] ?? '');
  if (keep) {
    if (read.size >= 8) read.clear();
    read.set(formsFile, requests);
  }
  return requests;
};

const answer = (message: LoadAnswer): void => void process.send?.(message);

process.on('message', (job: LoadJob) => {
  const run = async (): Promise<LoadAnswer> => ({ ok: true, result: await runRound(job, requestsOf(job)) });
  run().then(answer, (error: unknown) => answer({ ok: false, why: (error as Error).message }));
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole group; the harness ends this process when it has nothing more to ask.
process.on('SIGINT', () => undefined);
