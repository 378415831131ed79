import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Credentials, startBureau } from '../support/bureau-process.ts';
import { makeAssertion, ownKeyOf } from '../support/own-key.ts';
import { doors } from '../support/test-bureau.ts';

it('A41 CA-14 an assertion that was used stays used over kill -9 and over a restart, at both doors', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bureau-'));
  const first = await startBureau({ dataDir });
  const port = Number(new URL(first.url).port);
  const key = ownKeyOf(JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as Credentials);
  const ownKeyDoors = doors.slice(1);
  const assertions = Array.from({ length: 10 }, () =>
    makeAssertion(key, { exp: Math.floor(Date.now() / 1000) + 600 }),
  );
  const kept = makeAssertion(key, { exp: Math.floor(Date.now() / 1000) + 600 });
  const answers = await Promise.all(
    assertions.map((assertion, index) => first.token(ownKeyDoors[index % 2]?.form(assertion) ?? {})),
  );
  expect(answers.map(({ status }) => status)).toEqual(assertions.map(() => 200));
  await first.kill();

  const second = await startBureau({ dataDir, port });
  const expectUsed = async (server: typeof second): Promise<void> => {
    for (const assertion of assertions)
      for (const { form, badToken } of ownKeyDoors) {
        const answer = await server.token(form(assertion));
        expect([answer.status, answer.body.error]).toEqual([400, badToken]);
        expect((await server.admin('GET', `/activities/${answer.body.receipt}`)).body.reason).toBe(
          'replayed',
        );
      }
  };
  await expectUsed(second);
  // Control: one that was made before the restart and never used is good.
  expect((await second.token(ownKeyDoors[0]?.form(kept) ?? {})).status).toBe(200);
  await second.stop();
  const third = await startBureau({ dataDir, port });
  assertions.push(kept);
  await expectUsed(third);
  await third.stop();
  await rm(dataDir, { recursive: true, force: true });
}, 90_000);
