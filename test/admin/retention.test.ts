import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropExpired } from '../../src/admin/retention.ts';
import { createTrailVerifier, headsOf } from '../../src/admin/verify-trail.ts';
import { startTrailWatch } from '../../src/admin/watch-trail.ts';
import { verifyExport } from '../../src/cli/trail/verify-export.ts';
import { sealTypes } from '../../src/core/activity/seal.ts';
import { defaultTenantSettings } from '../../src/core/tenants/tenant.ts';
import type { TrailState } from '../../src/ports/trail-store.ts';
import { asFile, exportTrail } from '../support/exported-trail.ts';
import { openRawDatabase } from '../support/raw-database.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleActivity, sampleTenant, sampleTime } from '../support/stored-samples.ts';
import { createTestSeals, type TestSeals } from '../support/trail-seals.ts';

const dayMs = 86_400_000;

describe.each(storageEngines)('$engine', ({ engine, createPlace }) => {
  let opened: OpenedStorage;
  let seals: TestSeals;
  const logged: object[] = [];
  const log = {
    info: (details: object) => void logged.push(details),
    error: (details: object) => void logged.push(details),
  };
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
    seals = await createTestSeals();
  });
  afterAll(() => opened.remove());

  const newTenant = async (): Promise<string> => {
    const { name } = sampleTenant({ settings: { ...defaultTenantSettings, activityRetentionDays: 10 } });
    await opened.storage.tenants.insert(
      sampleTenant({ name, settings: { ...defaultTenantSettings, activityRetentionDays: 10 } }),
    );
    return name;
  };
  const append = async (tenant: string, days: readonly number[]): Promise<void> => {
    for (const day of days)
      await opened.storage.activities.append([
        sampleActivity({ tenant, time: sampleTime + day * dayMs, subject: String(day) }),
      ]);
  };
  const retain = (day: number, by: TestSeals | ReturnType<TestSeals['fresh']> = seals) =>
    dropExpired({
      storage: opened.storage,
      clock: { now: () => sampleTime + day * dayMs },
      seals: by,
      log,
    });
  const verify = (tenant: string, by: Pick<TestSeals, 'verify'> = seals.fresh()) =>
    createTrailVerifier({ storage: opened.storage, seals: by })(tenant);
  const left = async (tenant: string) =>
    (await opened.storage.activities.list(tenant, {}, { limit: 200, cursor: null })).items.map(
      ({ subject }) => subject,
    );
  const raw = async (sql: string): Promise<void> => {
    const database = await openRawDatabase(opened.url);
    try {
      await database.run(sql);
    } finally {
      await database.close();
    }
  };
  const claimsOf = async (tenant: string) => {
    const { checkpoint } = await opened.storage.trail.state(tenant);
    const claims = await seals.fresh().verify(tenant, sealTypes.checkpoint, checkpoint ?? '');
    if (!claims.ok) throw new Error(claims.error);
    return claims.value;
  };

  it('A115 drops what is older, oldest first, and leaves a signed checkpoint from which the rest verifies', async () => {
    const [tenant, neighbour] = [await newTenant(), await newTenant()];
    await append(tenant, [1, 2, 3, 4, 5]);
    await append(neighbour, [4, 5]);
    await retain(13.5);
    expect(await left(tenant)).toEqual(['5', '4']);
    expect(await left(neighbour)).toEqual(['5', '4']);
    expect(await claimsOf(tenant)).toMatchObject({ tenant, lines: 3, unprovenSince: null });
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 2 });
    await append(tenant, [6]);
    await retain(14.5);
    expect(await left(tenant)).toEqual(['6', '5']);
    expect(await claimsOf(tenant)).toMatchObject({ lines: 4, chains: [{ number: 4 }] });
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 2 });
    // The control: nothing more is due.
    await retain(14.5);
    expect(await left(tenant)).toEqual(['6', '5']);
  });

  it('A115 drops everything, in batches, and the chain goes on behind it', async () => {
    const tenant = await newTenant();
    await opened.storage.activities.append(
      Array.from({ length: 2300 }, () => sampleActivity({ tenant, time: sampleTime })),
    );
    await opened.storage.transaction((stores) =>
      stores.activities.append([sampleActivity({ tenant, time: sampleTime })]),
    );
    await retain(11);
    expect(await left(tenant)).toEqual([]);
    expect(await claimsOf(tenant)).toMatchObject({ lines: 2301 });
    await append(tenant, [12]);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 1 });
  });

  it('A115 an older line behind a newer one waits for it: what is dropped is a beginning', async () => {
    const tenant = await newTenant();
    await append(tenant, [1, 5, 2]);
    await retain(13);
    expect(await left(tenant)).toEqual(['2', '5']);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 2 });
  });

  it('A115 lines whose clock was ahead do not keep what is behind them, be it for ever', async () => {
    const [today, far] = [await newTenant(), await newTenant()];
    const lines = (tenant: string, day: number, count: number) =>
      Array.from({ length: count }, () =>
        sampleActivity({ tenant, time: sampleTime + day * dayMs, subject: String(day) }),
      );
    for (const [tenant, ahead] of [
      [today, 14],
      [far, 2000],
    ] as const) {
      await opened.storage.activities.append(lines(tenant, ahead, 8));
      await opened.storage.activities.append(lines(tenant, 1, 1200));
      await opened.storage.activities.append(lines(tenant, 14, 3));
    }
    await retain(14);
    for (const tenant of [today, far]) {
      expect(await left(tenant)).toEqual(['14', '14', '14']);
      expect(await verify(tenant)).toMatchObject({ ok: true, checked: 3 });
    }
  });

  it('A115 more lines of the future than a batch has go with what is behind them, and no sooner', async () => {
    const tenant = await newTenant();
    await opened.storage.activities.append(
      Array.from({ length: 1100 }, () => sampleActivity({ tenant, time: sampleTime + 2000 * dayMs })),
    );
    await append(tenant, [2]);
    await retain(11.5);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 1101, checkpoint: null });
    await retain(12.5);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 0 });
  });

  it('A115 one line whose clock was behind takes nothing along', async () => {
    const tenant = await newTenant();
    await append(tenant, [12, 13, -9000, 14]);
    await retain(14);
    expect(await left(tenant)).toEqual(['14', '-9000', '13', '12']);
  });

  it('A115 a time that somebody made older drops nothing, and is found', async () => {
    const tenant = await newTenant();
    await append(tenant, [1, 20, 21, 22, 23]);
    await raw(`update activities set time = 1 where tenant = '${tenant}' and number in (2, 3)`);
    await retain(23.5);
    expect(await left(tenant)).toEqual(['23', '22', '21', '20']);
    expect(await claimsOf(tenant)).toMatchObject({ lines: 1, unprovenSince: null });
    expect((await verify(tenant)).faults.map(({ kind }) => kind)).toEqual(['changed', 'changed']);
    expect(logged).toContainEqual(expect.objectContaining({ tenant, activity: expect.any(String) }));
  });

  it.each<[string, string, boolean]>([
    ['a reason changed', `update activities set reason = 'other' where number = 2`, false],
    ['a line deleted', 'delete from activities where number = 2', false],
    ['a hash changed', `update activities set hash = 'x' where number = 2`, false],
    ['a body that is no JSON', `update activities set body = '{' where number = 2`, false],
    ['nothing changed', `update activities set reason = 'other' where number = 200`, true],
  ])('A115 what goes is proven by its checkpoint or said not to be: %s', async (_, change, isGood) => {
    const tenant = await newTenant();
    await append(tenant, [1, 2, 3, 14]);
    await raw(`${change} and tenant = '${tenant}'`);
    await retain(14);
    expect(await left(tenant)).toEqual(['14']);
    expect((await verify(tenant)).faults.map(({ sentence }) => sentence)).toEqual(
      isGood ? [] : [expect.stringMatching(/^What was dropped before .* is not proven/)],
    );
  });

  it('A115 a line put where dropped ones were is found', async () => {
    const tenant = await newTenant();
    const [{ seq } = { seq: 0 }] = await (async () => {
      await append(tenant, [1, 2, 14]);
      return opened.storage.trail.oldest(tenant, 1);
    })();
    await retain(14);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 1 });
    await raw(
      `insert into activities (seq, tenant, id, time, type, outcome, reason, body) ${engine === 'SQLite' ? '' : 'overriding system value'} values (${seq}, '${tenant}', 'forged', 5, 'token', 'issued', 'issued', '{}')`,
    );
    expect((await verify(tenant)).faults.map(({ kind }) => kind)).toEqual(['unlinked']);
  });

  it('A115 lines from before there were chains are dropped, and nothing can be put in their place', async () => {
    const tenant = await newTenant();
    const old = (id: string, day: number): string =>
      `insert into activities (tenant, id, time, type, outcome, reason, body) values ('${tenant}', '${id}', ${sampleTime + day * dayMs}, 'token', 'issued', 'issued', '{"checks":[]}')`;
    for (const day of [1, 2, 3]) await raw(old(`${tenant}-${day}`, day));
    await raw(
      `insert into unlinked_activities (tenant, lines, last_seq) select tenant, 3, max(seq) from activities where tenant = '${tenant}' group by tenant`,
    );
    await append(tenant, [14]);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 4, unlinked: 3 });
    const before = await opened.storage.trail.oldest(tenant, 1);
    await retain(12.5);
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 2, unlinked: 1 });
    const exported = await exportTrail(opened.storage, seals, tenant);
    const check = (content: string) => verifyExport(asFile(content), { keys: null, anchors: [] });
    expect(await check(exported)).toMatchObject({ ok: true, checked: 2, unlinked: 1 });
    await raw(
      `insert into activities (seq, tenant, id, time, type, outcome, reason, body) ${engine === 'SQLite' ? '' : 'overriding system value'} values (${before[0]?.seq}, '${tenant}', 'forged', 5, 'token', 'issued', 'issued', '{}')`,
    );
    expect((await verify(tenant)).faults.map(({ kind }) => kind)).toEqual(['unlinked']);
    const forged = await check(await exportTrail(opened.storage, seals, tenant));
    expect(forged.faults.join()).toMatch(/has no place in a chain/);
  });

  it('A115 heads that were kept are compared, or it is said that retention dropped what they are of', async () => {
    const tenant = await newTenant();
    await append(tenant, [1, 2]);
    const first = await opened.storage.trail.state(tenant);
    await append(tenant, [3]);
    const second = await opened.storage.trail.state(tenant);
    await append(tenant, [14]);
    await retain(14);
    const text = await exportTrail(opened.storage, seals, tenant);
    const kept = (...states: readonly TrailState[]) =>
      verifyExport(asFile(text), {
        keys: seals.published,
        anchors: states.flatMap(headsOf).map((head) => ({ ...head, tenant })),
      });
    expect(await kept(second)).toMatchObject({ ok: true, anchors: { compared: 1, uncompared: 0 } });
    expect(await kept(first, second)).toMatchObject({ ok: true, anchors: { compared: 1, uncompared: 1 } });
    const none = await kept(first);
    expect(none).toMatchObject({ ok: false, anchors: { compared: 0, uncompared: 1 } });
    expect(none.faults.join()).toMatch(/^All the lines whose hashes were kept lie before the checkpoint of /);
  });

  it('A115 two rounds at once drop each line once', async () => {
    const tenant = await newTenant();
    await append(tenant, [1, 2, 3, 14]);
    await Promise.all([retain(14), retain(14), retain(14)]);
    expect(await claimsOf(tenant)).toMatchObject({ lines: 3, unprovenSince: null });
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 1 });
  });

  it('A115 an export of what is left verifies without a server', async () => {
    const tenant = await newTenant();
    await append(tenant, [1, 2, 3, 4]);
    await retain(12.5);
    const text = await exportTrail(opened.storage, seals, tenant);
    const check = (content: string) => verifyExport(asFile(content), { keys: seals.published, anchors: [] });
    expect(await check(text)).toMatchObject({ ok: true, checked: 2 });
    expect((await check(text.slice(text.indexOf('\n') + 1))).ok).toBe(false);
  });

  it('A115 a checkpoint that was changed, exchanged or taken away is found, and no later one makes it good', async () => {
    const [tenant, other] = [await newTenant(), await newTenant()];
    for (const name of [tenant, other]) await append(name, [1, 2, 3, 4]);
    await retain(12.5);
    const { checkpoint } = await opened.storage.trail.state(tenant);
    const set = (text: string) =>
      raw(`update activity_checkpoints set checkpoint = '${text}' where tenant = '${tenant}'`);
    const faults = async () => (await verify(tenant)).faults.map(({ kind }) => kind);
    const good = checkpoint ?? '';
    expect(await faults()).toEqual([]);
    for (const bad of [
      `${good.slice(0, 60)}${good[60] === 'A' ? 'B' : 'A'}${good.slice(61)}`,
      good.slice(0, -1),
      (await opened.storage.trail.state(other)).checkpoint ?? '',
      await (await createTestSeals()).seal(tenant, sealTypes.checkpoint, await claimsOf(tenant)),
      await seals.seal(tenant, sealTypes.export, await claimsOf(tenant)),
      await seals.seal(tenant, sealTypes.checkpoint, { ...(await claimsOf(tenant)), chains: [] }),
      'x',
    ]) {
      await set(bad);
      expect(await faults()).toEqual(['checkpoint']);
    }
    await set(good);
    expect(await faults()).toEqual([]);
    await raw(`delete from activity_checkpoints where tenant = '${tenant}'`);
    expect(await faults()).toEqual(['checkpoint']);
    await retain(13.5);
    expect(await left(tenant)).toEqual(['4']);
    expect((await verify(tenant)).faults.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(/^What was dropped before .* is not proven/),
    ]);
  });

  it('A115 without a key to sign with nothing is dropped, and other tenants are served', async () => {
    const [stuck, free] = [await newTenant(), await newTenant()];
    for (const name of [stuck, free]) await append(name, [1, 2]);
    const failing = {
      ...seals,
      seal: (tenant: string, ...rest: [never, object]) =>
        tenant === stuck ? Promise.reject(new Error('no key')) : seals.seal(tenant, ...rest),
    };
    await expect(retain(20, failing)).rejects.toThrow('old activities could not be dropped');
    expect(await left(stuck)).toEqual(['2', '1']);
    expect(await left(free)).toEqual([]);
    await retain(20);
    expect(await left(stuck)).toEqual([]);
  });

  it('A115 the watch tells heads that moved, once, and signs a checkpoint anew when the key changes', async () => {
    const tenant = await newTenant();
    await append(tenant, [1, 2, 3]);
    await retain(12.5);
    const remembering = seals.fresh();
    const before = (await opened.storage.trail.state(tenant)).checkpoint ?? '';
    expect((await remembering.verify(tenant, sealTypes.checkpoint, before)).ok).toBe(true);
    const round = async () => {
      logged.length = 0;
      const watch = startTrailWatch(
        {
          storage: opened.storage,
          seals: remembering,
          log,
          reportFault: (error) => {
            throw error;
          },
        },
        1_000_000,
      );
      await watch.stop();
      return logged.filter((entry) => (entry as { tenant?: string }).tenant === tenant);
    };
    const [entry, ...more] = await round();
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ tenant, heads: [{ number: 3 }] });
    // A key that is gone at once, as a revoked one is.
    await seals.rotate({ forget: true });
    expect((await verify(tenant)).faults.map(({ kind }) => kind)).toEqual(['checkpoint']);
    await round();
    expect(await verify(tenant)).toMatchObject({ ok: true, checked: 1 });
    const after = (await opened.storage.trail.state(tenant)).checkpoint ?? '';
    expect(after).not.toBe(before);
    // Somebody else's is not made ours by signing it.
    const forged = await (await createTestSeals()).seal(tenant, sealTypes.checkpoint, await claimsOf(tenant));
    await raw(`update activity_checkpoints set checkpoint = '${forged}' where tenant = '${tenant}'`);
    await round();
    expect((await opened.storage.trail.state(tenant)).checkpoint).toBe(forged);
  });
});
