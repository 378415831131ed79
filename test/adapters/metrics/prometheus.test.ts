import { beforeEach, describe, expect, it } from 'vitest';
import { createPrometheusMetrics, type PrometheusMetrics } from '../../../src/adapters/metrics/prometheus.ts';
import type { Activity } from '../../../src/core/activity/activity.ts';
import type { IssuerKeyState, SigningKeyState } from '../../../src/ports/metrics-sources.ts';
import type { ReplayGuard } from '../../../src/ports/replay-guard.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { sampleActivity } from '../../support/stored-samples.ts';

const good = (changes: Partial<IssuerKeyState> = {}): IssuerKeyState => ({
  tenant: 'default',
  issuer: 'https://issuer.example',
  fetchedAt: 0,
  lastAttemptAt: 0,
  lastAttemptWasGood: true,
  failures: 0,
  unknownKidFetchesLeft: 1,
  ...changes,
});

describe('createPrometheusMetrics', () => {
  let clock: ManualClock;
  let issuers: IssuerKeyState[];
  let keys: SigningKeyState[];
  let waiting: { count: number; oldestSeconds: number };
  let pings: number;
  let ping: () => Promise<void>;
  let metrics: PrometheusMetrics;
  beforeEach(() => {
    clock = createManualClock();
    issuers = [];
    keys = [];
    waiting = { count: 0, oldestSeconds: 0 };
    pings = 0;
    ping = async () => undefined;
    metrics = createPrometheusMetrics(
      {
        version: '1.2.3',
        issuerKeys: () => issuers,
        signingKeys: () => keys,
        waitingActivities: () => waiting,
        droppedLogLines: () => 7,
        load: { refused: () => 5, inFlight: () => 3 },
        store: {
          engine: 'sqlite',
          ping: () => {
            pings += 1;
            return ping();
          },
        },
      },
      clock,
    );
  });
  const samples = async (name: string): Promise<readonly string[]> =>
    (await metrics.render())
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => line.slice(name.length).trim());

  it('watches over Node from the first look on, once', async () => {
    expect(await samples('process_cpu_seconds_total')).toHaveLength(1);
    expect(await samples('nodejs_heap_size_used_bytes')).toHaveLength(1);
    expect(JSON.stringify(await metrics.snapshot())).toContain('nodejs_eventloop_lag_p99_seconds');
  });

  it('tells of the keys of each trusted issuer how old they are and how fetching them goes', async () => {
    const now = clock.now();
    issuers = [
      good({ fetchedAt: now - 90_000, lastAttemptAt: now - 90_000 }),
      good({
        tenant: 'acme',
        fetchedAt: null,
        lastAttemptAt: now - 5000,
        lastAttemptWasGood: false,
        failures: 3,
        unknownKidFetchesLeft: 0,
      }),
      good({ tenant: 'new', fetchedAt: null, lastAttemptAt: null, lastAttemptWasGood: null }),
    ];
    const labels = (tenant: string): string => `{tenant="${tenant}",issuer="https://issuer.example"}`;
    expect(await samples('bureau_trusted_issuer_keys_age_seconds')).toEqual([`${labels('default')} 90`]);
    expect(await samples('bureau_trusted_issuer_last_fetch_timestamp_seconds')).toEqual([
      `${labels('default')} ${(now - 90_000) / 1000}`,
      `${labels('acme')} ${(now - 5000) / 1000}`,
    ]);
    expect(await samples('bureau_trusted_issuer_last_fetch_success')).toEqual([
      `${labels('default')} 1`,
      `${labels('acme')} 0`,
    ]);
    expect(await samples('bureau_trusted_issuer_fetch_failures_total')).toEqual([
      `${labels('default')} 0`,
      `${labels('acme')} 3`,
      `${labels('new')} 0`,
    ]);
    expect(await samples('bureau_trusted_issuer_unknown_kid_fetches_left')).toEqual([
      `${labels('default')} 1`,
      `${labels('acme')} 0`,
      `${labels('new')} 1`,
    ]);
    // What is gone has no series any more.
    issuers = [];
    expect(await samples('bureau_trusted_issuer_fetch_failures_total')).toEqual([]);
  });

  it('A103 of more than a hundred issuers the rest is one series, and tells the worst', async () => {
    const now = clock.now();
    issuers = Array.from({ length: 250 }, (_unused, index) =>
      good({
        issuer: `https://i${index}.example`,
        fetchedAt: now - index * 1000,
        failures: 1,
        lastAttemptWasGood: index !== 200,
        unknownKidFetchesLeft: index === 249 ? 0 : 1,
      }),
    );
    const other = '{tenant="other",issuer="other"}';
    for (const [name, value] of [
      ['keys_age_seconds', 249],
      ['last_fetch_success', 0],
      ['fetch_failures_total', 150],
      ['unknown_kid_fetches_left', 0],
    ]) {
      const found = await samples(`bureau_trusted_issuer_${name}`);
      expect(found).toHaveLength(101);
      expect(found).toContain(`${other} ${value}`);
    }
  });

  it('tells of the signing keys how long they sign and when the next one does', async () => {
    const now = clock.now();
    const key = { purpose: 'access-token', algorithm: 'ES256' } as const;
    keys = Array.from({ length: 130 }, (_unused, index) => ({
      ...key,
      tenant: `t${index}`,
      signsSince: now - index * 1000,
      retiresAt: now + (200 - index) * 1000,
    }));
    const labels = (tenant: string): string =>
      `{tenant="${tenant}",purpose="access-token",algorithm="ES256"}`;
    const ages = await samples('bureau_signing_key_age_seconds');
    expect(ages).toHaveLength(101);
    expect(ages[7]).toBe(`${labels('t7')} 7`);
    expect(ages).toContain(`${labels('other')} 129`);
    expect(await samples('bureau_signing_key_rotates_in_seconds')).toContain(`${labels('other')} 71`);
  });

  it('asks the store at a scrape, but not more than once a second', async () => {
    expect(await samples('bureau_store_up')).toEqual(['{engine="sqlite"} 1']);
    await metrics.render();
    expect(pings).toBe(1);
    clock.advance(1000);
    ping = () => Promise.reject(new Error('postgres://user:secret@host is down'));
    const text = await metrics.render();
    expect(text).toContain('bureau_store_up{engine="sqlite"} 0');
    expect(text).not.toContain('secret');
    expect(pings).toBe(2);
  });

  it('tells what waits to be written, and what the log lost', async () => {
    waiting = { count: 12, oldestSeconds: 1.5 };
    expect(await samples('bureau_activity_queue_length')).toEqual(['12']);
    expect(await samples('bureau_activity_queue_oldest_seconds')).toEqual(['1.5']);
    expect(await samples('bureau_log_lines_dropped_total')).toEqual(['7']);
    expect(await samples('bureau_build_info')).toEqual(['{version="1.2.3"} 1']);
  });

  it('counts single uses by what becomes of them', async () => {
    const answers: (boolean | Error)[] = [true, true, false, new Error('down')];
    const guard = metrics.uses.ofGuard<Pick<ReplayGuard, 'consume'>>({
      consume: async () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer === true;
      },
    });
    const use = (): Promise<boolean> => guard.consume('default', 'a', 'j', 0);
    expect([await use(), await use(), await use()]).toEqual([true, true, false]);
    await expect(use()).rejects.toThrow('down');
    expect(await samples('bureau_replay_guard_uses_total')).toEqual([
      '{result="first"} 2',
      '{result="again"} 1',
      '{result="failed"} 1',
    ]);
  });

  it('CA-14 counts the single uses of activities by what becomes of them', async () => {
    const answers: (number | null | Error)[] = [null, 0, new Error('down')];
    const recorded: Activity[] = [];
    const log = metrics.uses.ofLog({
      record: async (activity) => void recorded.push(activity),
      recordOnce: async () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer ?? null;
      },
    });
    const use = (count: number) =>
      log.recordOnce(
        sampleActivity(),
        Array.from({ length: count }, (_, index) => ({ party: 'a', jti: `${index}`, until: 0 })),
      );
    expect([await use(2), await use(2)]).toEqual([null, 0]);
    await expect(use(1)).rejects.toThrow('down');
    // What uses nothing up counts nothing.
    expect(await use(0)).toBe(null);
    await log.record(sampleActivity());
    expect(recorded).toHaveLength(1);
    expect(await samples('bureau_replay_guard_uses_total')).toEqual([
      '{result="first"} 2',
      '{result="again"} 1',
      '{result="failed"} 1',
    ]);
  });

  it('A101 a registered issuer with every character an issuer may have stays one label', async () => {
    issuers = [good({ issuer: `https://issuer.example/!$&'()*+,;=:@-._~` })];
    const [sample] = await samples('bureau_trusted_issuer_fetch_failures_total');
    expect(sample).toBe(`{tenant="default",issuer="https://issuer.example/!$&'()*+,;=:@-._~"} 0`);
  });
});
