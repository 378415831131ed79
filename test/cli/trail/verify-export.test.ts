import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyExport } from '../../../src/cli/trail/verify-export.ts';
import { asFile, exportTrail } from '../../support/exported-trail.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../../support/storage-engines.ts';
import { sampleActivity } from '../../support/stored-samples.ts';
import { createTestSeals, type TestSeals } from '../../support/trail-seals.ts';

const tenant = 'acme';
let opened: OpenedStorage;
let seals: TestSeals;
let text: string;
let lines: readonly string[];
/** A smaller one, to be tried byte by byte. */
let small: Buffer;

beforeAll(async () => {
  const engine = storageEngines[0];
  if (engine === undefined) throw new Error('no engine');
  opened = await openInEmptyPlace(engine.createPlace);
  seals = await createTestSeals();
  for (let index = 0; index < 4; index += 1)
    await opened.storage.activities.append([
      sampleActivity({ subject: `repo:ä"\\/${index}`, checks: [], details: null }),
    ]);
  text = await exportTrail(opened.storage, seals, tenant);
  lines = text.split('\n').slice(0, -1);
  await opened.storage.activities.append([sampleActivity({ tenant: 'small', checks: [], details: null })]);
  small = Buffer.from(await exportTrail(opened.storage, seals, 'small'));
});
afterAll(() => opened.remove());

const check = (content: string | Uint8Array, keys: readonly unknown[] | null = seals.published) =>
  verifyExport(asFile(content), { keys, anchors: [] });
const join = (changed: readonly string[]): string => changed.map((line) => `${line}\n`).join('');

describe('an exported trail', () => {
  it('A115 is good as it is, in chunks of any size, without and with the keys it is signed with', async () => {
    expect(await check(text)).toMatchObject({ ok: true, checked: 4, isFiltered: false, faults: [] });
    expect(await check(text, null)).toMatchObject({ ok: true, isKeyKnown: false });
    for (const size of [1, 7, 100])
      expect(await verifyExport(asFile(text, size), { keys: null, anchors: [] })).toMatchObject({ ok: true });
  });

  it('A115 an empty one is good', async () => {
    expect(await check(await exportTrail(opened.storage, seals, 'nobody'))).toMatchObject({
      ok: true,
      checked: 0,
      heads: [],
    });
  });

  it('A115 every change of a single byte is found', async () => {
    expect(await check(small)).toMatchObject({ ok: true, checked: 1 });
    const missed: string[] = [];
    for (const [at, byte] of small.entries()) {
      const changed = Buffer.from(small);
      // Now a neighbour, now the other case.
      changed[at] = byte ^ (at % 2 === 0 ? 0x01 : 0x20);
      if ((await check(changed)).ok) missed.push(`byte ${at}`);
    }
    expect(missed).toEqual([]);
    expect(small.length).toBeGreaterThan(1500);
  }, 120_000);

  it('A115 every deletion of a byte and every truncation is found', async () => {
    const missed: string[] = [];
    for (let at = 0; at < small.length; at += 1) {
      if ((await check(Buffer.concat([small.subarray(0, at), small.subarray(at + 1)]))).ok)
        missed.push(`byte ${at} deleted`);
      if ((await check(small.subarray(0, at))).ok) missed.push(`cut at ${at}`);
    }
    expect(missed).toEqual([]);
  }, 120_000);

  it('A115 every line deleted, doubled or exchanged with another is found, and the sentence says which', async () => {
    for (const [index, line] of lines.entries()) {
      const without = await check(join(lines.filter((_, other) => other !== index)));
      expect(without.ok, `without line ${index}`).toBe(false);
      expect((await check(join(lines.flatMap((one) => (one === line ? [one, one] : [one]))))).ok).toBe(false);
      for (const [second, other] of lines.entries()) {
        if (second <= index) continue;
        const exchanged = lines.map((one, at) => (at === index ? other : at === second ? line : one));
        expect((await check(join(exchanged))).ok, `lines ${index} and ${second}`).toBe(false);
      }
    }
    const report = await check(join(lines.filter((_, index) => index !== 1)));
    expect(report.faults).toContain('In chain embedded line 2 cannot be found before line 3.');
    const changed = await check(text.replace('"subject":"repo:ä\\"\\\\/2"', '"subject":"repo:ä\\"\\\\/9"'));
    expect(changed.faults.join(' ')).toMatch(
      /Line 3 of chain embedded \([0-9a-f-]+\) is not what was written there\./,
    );
    expect(
      (await check(text.replace('"type":"token.exchange"', '"type": "token.exchange"'))).faults,
    ).toContain('Line 1 of the file is not written as it was exported.');
  });

  it('A115 a file signed with another key is found where keys are given', async () => {
    const mallory = await createTestSeals();
    const forged = await exportTrail(opened.storage, mallory, tenant);
    expect(await check(forged, null)).toMatchObject({ ok: true });
    expect((await check(forged)).faults.join(' ')).toMatch(/which is none of the given ones/);
    // The name of a known key does not help, nor does its public half beside the signature of another.
    expect(
      (await check(forged.replaceAll(mallory.published[0]?.kid ?? '', seals.published[0]?.kid ?? ''))).ok,
    ).toBe(false);
  });

  it('A115 a filtered one holds what fits, and each line is itself', async () => {
    const third = await exportTrail(opened.storage, seals, tenant, { q: 'REPO:ä"\\/2' });
    expect(await check(third)).toMatchObject({ ok: true, checked: 1, isFiltered: true });
    expect((await check(third.replace('127.0.0.1', '127.0.0.2'))).ok).toBe(false);
    expect(await check(await exportTrail(opened.storage, seals, tenant, { door: 'none' }))).toMatchObject({
      ok: true,
      checked: 0,
    });
  });

  it('A115 heads that were kept are found, or missed with a sentence', async () => {
    const { heads } = await check(text);
    const anchored = (changes: object) =>
      verifyExport(asFile(text), {
        keys: null,
        anchors: heads.map((head) => ({ ...head, tenant, ...changes })),
      });
    expect(await anchored({})).toMatchObject({ ok: true });
    expect(await anchored({ tenant: 'other', hash: 'x' })).toMatchObject({ ok: true });
    expect((await anchored({ hash: 'x' })).faults.join()).toMatch(/written anew/);
    expect((await anchored({ number: 5 })).faults.join()).toMatch(/the trail was cut/);
  });
});
