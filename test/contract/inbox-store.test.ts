import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxInboxEntries, type RefusedAttempts } from '../../src/core/inbox/inbox-entry.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleTime } from '../support/stored-samples.ts';

const sampleAttempts = (changes: Partial<RefusedAttempts> = {}): RefusedAttempts => ({
  tenant: `tenant-${randomUUID()}`,
  id: randomUUID(),
  issuer: 'https://issuer.example',
  subject: `repo:acme/${randomUUID()}`,
  audience: 'https://sts.example',
  verified: true,
  count: 1,
  firstSeenAt: sampleTime,
  lastSeenAt: sampleTime,
  reason: 'subject_not_registered',
  door: 'token-exchange',
  receipt: randomUUID(),
  claims: { sub: 'repo:acme', repository_owner_id: '8675309', 'kubernetes.io': { namespace: 'payments €' } },
  ...changes,
});

describe.each(storageEngines)('the inbox on $engine', ({ createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());
  const inbox = () => opened.storage.inbox;

  it('gives back what was put in, every member; a list leaves the sample out', async () => {
    const attempts = sampleAttempts({ door: null });
    await inbox().add([attempts]);
    expect(await inbox().find(attempts.tenant, attempts.id)).toEqual(attempts);
    const { claims: _claims, ...entry } = attempts;
    expect(await inbox().list(attempts.tenant)).toEqual([entry]);
  });

  it('counts of the same attempt add up, and the last one tells', async () => {
    const first = sampleAttempts({ count: 3 });
    const second = {
      ...first,
      id: randomUUID(),
      count: 4,
      firstSeenAt: sampleTime + 5,
      lastSeenAt: sampleTime + 9,
      reason: 'audience_mismatch' as const,
      receipt: 'second',
      claims: null,
    };
    await inbox().add([first]);
    await inbox().add([second]);
    expect(await inbox().list(first.tenant)).toHaveLength(1);
    expect(await inbox().find(first.tenant, first.id)).toEqual({
      ...second,
      id: first.id,
      count: 7,
      firstSeenAt: sampleTime,
      claims: first.claims,
    });
  });

  it.each([
    ['tenant', { tenant: 'another' }],
    ['issuer', { issuer: 'https://issuer.example/' }],
    ['subject', { subject: 'repo:acme/other' }],
    ['audience', { audience: 'https://sts.example/' }],
    ['standing', { verified: false }],
  ] as const)('another %s makes another entry', async (_what, change) => {
    const first = sampleAttempts();
    const other = { ...first, id: randomUUID(), ...change };
    await inbox().add([first, other]);
    expect((await inbox().find(first.tenant, first.id))?.count).toBe(1);
    expect((await inbox().find(other.tenant, other.id))?.count).toBe(1);
  });

  it('A107 belongs to its tenant', async () => {
    const attempts = sampleAttempts();
    await inbox().add([attempts]);
    expect(await inbox().find('other', attempts.id)).toBeNull();
    expect(await inbox().list('other')).toEqual([]);
    expect(await inbox().remove('other', attempts.id)).toBe(false);
    expect(await inbox().remove(attempts.tenant, attempts.id)).toBe(true);
    expect(await inbox().remove(attempts.tenant, attempts.id)).toBe(false);
  });

  it('keeps the last seen, verified ones and others each within their bound', async () => {
    const tenant = `tenant-${randomUUID()}`;
    const many = (verified: boolean, from: number, count: number) =>
      Array.from({ length: count }, (_, index) =>
        sampleAttempts({
          tenant,
          verified,
          subject: `${from + index}`,
          lastSeenAt: sampleTime + from + index,
        }),
      );
    await inbox().add(many(true, 0, 3));
    await inbox().add(many(false, 0, maxInboxEntries));
    expect(await inbox().list(tenant)).toHaveLength(maxInboxEntries + 3);
    await inbox().add(many(false, maxInboxEntries, maxInboxEntries + 7));
    const kept = await inbox().list(tenant);
    expect(kept.filter(({ verified }) => verified)).toHaveLength(3);
    const others = kept.filter(({ verified }) => !verified);
    expect(others).toHaveLength(maxInboxEntries);
    expect(others[0]?.subject).toBe(String(2 * maxInboxEntries + 6));
    expect(others.at(-1)?.subject).toBe(String(maxInboxEntries + 7));
  });

  it('two nodes that add to the same entries at once lose none', async () => {
    const tenant = `tenant-${randomUUID()}`;
    const subjects = Array.from({ length: 20 }, (_, index) => `subject-${index}`);
    const batch = (reversed: boolean) => {
      const attempts = subjects.map((subject) => sampleAttempts({ tenant, subject, count: 2 }));
      return reversed ? attempts.toReversed() : attempts;
    };
    await Promise.all(Array.from({ length: 10 }, (_, index) => inbox().add(batch(index % 2 === 1))));
    const entries = await inbox().list(tenant);
    expect(entries.map(({ count }) => count)).toEqual(subjects.map(() => 20));
  });

  it('A34 A118 text that no database keeps does no harm', async () => {
    const attempts = sampleAttempts({ subject: 'a\0b\uD800', claims: { text: '\0\uD800' } });
    await inbox().add([attempts]);
    expect((await inbox().find(attempts.tenant, attempts.id))?.subject).toBe('a\uFFFDb\uFFFD');
    expect(await inbox().find(attempts.tenant, '\0')).toBeNull();
  });
});
