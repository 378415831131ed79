import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import {
  type BureauProcess,
  type Credentials,
  freePort,
  postForm,
  signAssertion,
  startBureau,
} from './bureau-process.ts';
import { createFakeIssuer } from './fake-issuer.ts';
import { doors } from './test-bureau.ts';

/** What a kill loop found; every list is empty when the promises hold. */
export interface KillReport {
  readonly cycles: number;
  /** Tokens that clients received. */
  readonly received: number;
  /** `jti`s of received tokens without an activity after the restart. */
  readonly tokensWithoutActivity: readonly string[];
  /** Own-key assertions that were accepted a second time after the restart. */
  readonly assertionsAcceptedTwice: number;
  /** `jti`s of own-key assertions that were spent after the restart, answered or not, and of which no activity tells. */
  readonly spentWithoutActivity: readonly string[];
  /** Names of acknowledged changes that were gone after the restart. */
  readonly lostChanges: readonly string[];
  /** What the check of the trail said after a restart, where it said anything. */
  readonly trailFaults: readonly string[];
}

/**
 * `kill -9` under load, `cycles` times on one data folder: exchanges, own-key sign-ins and admin writes are under way when
 * the process is killed at a random moment; after each restart everything that clients were told is looked up.
 */
export const killUnderLoad = async (
  cycles: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<KillReport> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bureau-'));
  const issuer = await createFakeIssuer();
  const port = await freePort();
  const start = (): Promise<BureauProcess> =>
    startBureau({
      dataDir,
      port,
      environment: {
        BUREAU_OUTBOUND_ALLOW: `127.0.0.1:${issuer.port}`,
        BUREAU_LOG_LEVEL: 'info',
        ...environment,
      },
    });

  let received = 0;
  let assertionsAcceptedTwice = 0;
  const tokensWithoutActivity: string[] = [];
  const spentWithoutActivity: string[] = [];
  const lostChanges: string[] = [];
  const trailFaults: string[] = [];
  let bureau = await start();
  try {
    const created = await bureau.admin('POST', '/service-accounts', {
      name: 'under-load',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      federations: [
        {
          issuer: issuer.issuer,
          jwksUri: issuer.jwksUri,
          subject: 'workload:under-load',
          audience: 'https://sts.example.com',
        },
      ],
    });
    if (created.status !== 201) throw new Error(`no account: ${JSON.stringify(created.body)}`);
    const token = await issuer.signToken({
      sub: 'workload:under-load',
      aud: 'https://sts.example.com',
      exp: Math.floor(Date.now() / 1000) + 7000,
    });
    const { default: credentials } = (await import(join(dataDir, 'admin.json'), {
      with: { type: 'json' },
    })) as { default: Credentials };

    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const running = bureau;
      const jtis: string[] = [];
      const acceptedAssertions: Record<string, string>[] = [];
      const unanswered = new Set<Record<string, string>>();
      const changes: string[] = [];
      let over = false;

      const untilKilled = async (work: () => Promise<void>): Promise<void> => {
        while (!over) {
          try {
            await work();
          } catch {
            // A reset or refused connection: that is the kill.
            await sleep(1);
          }
        }
      };
      const exchange = (index: number) =>
        untilKilled(async () => {
          const answer = await running.token(doors[index % doors.length]?.form(token) ?? {});
          if (answer.status === 200) jtis.push(String(decodeJwt(answer.body.access_token as string).jti));
        });
      const signIn = () =>
        untilKilled(async () => {
          const form = {
            grant_type: 'client_credentials',
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: await signAssertion(credentials),
          };
          unanswered.add(form);
          const answer = await postForm(`${running.url}/token`, form);
          unanswered.delete(form);
          if (answer.status !== 200) return;
          jtis.push(String(decodeJwt(answer.body.access_token as string).jti));
          acceptedAssertions.push(form);
        });
      const change = () =>
        untilKilled(async () => {
          const name = `team-${crypto.randomUUID()}`;
          const answer = await running.admin('POST', '/teams', { name });
          if (answer.status === 201) changes.push(name);
        });

      await running.adminToken();
      const load = Promise.all([
        ...Array.from({ length: 12 }, (_unused, index) => exchange(index)),
        ...Array.from({ length: 4 }, signIn),
        change(),
      ]);
      await sleep(150 + Math.random() * 400);
      await running.kill();
      over = true;
      await load;

      bureau = await start();
      received += jtis.length;
      const trail = await bureau.admin('GET', '/activities/verify');
      if (trail.body.ok !== true) trailFaults.push(JSON.stringify(trail.body));
      for (const jti of jtis) {
        const found = await bureau.admin('GET', `/activities?jti=${jti}`);
        if (found.body.items?.[0]?.outcome !== 'issued') tokensWithoutActivity.push(jti);
      }
      for (const form of [...acceptedAssertions, ...unanswered]) {
        if ((await bureau.token(form)).status === 200) {
          if (!unanswered.has(form)) assertionsAcceptedTwice += 1;
          continue;
        }
        // It is in the last of the checks of the token that it was spent for, whether that ever left or not.
        const { jti } = decodeJwt(form['client_assertion'] ?? '');
        const found = await bureau.admin('GET', `/activities?q=${jti}&outcome=issued`);
        if (found.body.items?.length !== 1) spentWithoutActivity.push(String(jti));
      }
      for (const name of changes)
        if ((await bureau.admin('GET', `/teams/${name}`)).status !== 200) lostChanges.push(name);
    }
    return {
      cycles,
      received,
      tokensWithoutActivity,
      assertionsAcceptedTwice,
      spentWithoutActivity,
      lostChanges,
      trailFaults,
    };
  } finally {
    await bureau.stop();
    await issuer.close();
    await rm(dataDir, { recursive: true, force: true });
  }
};
