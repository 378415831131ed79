import { afterAll, beforeAll, expect, it } from 'vitest';
import { maxInboxEntries } from '../../src/core/inbox/inbox-entry.ts';
import { type Answer, type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { encodeSegment } from '../support/jws.ts';
import { doors } from '../support/test-bureau.ts';

const strangers = 100_000;
const atOnce = 64;
/** What the process may grow by while it turns a hundred thousand strangers away, in MiB. */
const roomMiB = 200;

let bureau: BureauProcess;
beforeAll(async () => {
  bureau = await startBureau({ environment: { BUREAU_LOG_LEVEL: 'error' } });
});
afterAll(() => bureau.stop());

const residentMiB = async (): Promise<number> => {
  const metrics = await (await fetch(`${bureau.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)?.[1]) / 1_048_576;
};

const [door] = doors;
const send = async (index: number): Promise<void> => {
  const claims = {
    iss: `https://s${index % 977}.example.org`,
    sub: `stranger-${index}`,
    aud: 'x',
    pad: 'p'.repeat(1500),
  };
  const token = [encodeSegment({ alg: 'ES256', kid: 'k' }), encodeSegment(claims), 'AAAA'].join('.');
  const answer = await bureau.token(door?.form(token) ?? {});
  if (answer.status !== 400) throw new Error(`stranger ${index} got ${answer.status}`);
};

const sendAll = async (from: number, to: number): Promise<void> => {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) await send(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

it('A98 a hundred thousand distinct strangers leave a bounded inbox and flat memory', async () => {
  await sendAll(0, 10_000);
  const warm = await residentMiB();
  await sendAll(10_000, strangers);
  const grown = (await residentMiB()) - warm;
  const { items } = (await bureau.admin('GET', '/inbox?limit=200')).body;
  expect(items).toHaveLength(200);
  let count = 0;
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const page: Answer['body'] = (await bureau.admin('GET', `/inbox?limit=200${query}`)).body;
    count += page.items.length;
    cursor = page.nextCursor;
  }
  expect(count).toBe(maxInboxEntries);
  expect(grown).toBeLessThan(roomMiB);
}, 600_000);
