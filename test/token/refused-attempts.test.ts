import { describe, expect, it } from 'vitest';
import type { RefusedAttempts } from '../../src/core/inbox/inbox-entry.ts';
import { refusalReasons, type RefusalReason } from '../../src/core/oauth/reasons.ts';
import { collectEvidence } from '../../src/token/evidence.ts';
import { createAttemptCollection, startWritingAttempts } from '../../src/token/refused-attempts.ts';
import { encodeSegment } from '../support/jws.ts';

const issuer = 'https://issuer.example';

/** What the endpoint knows of a refused request. */
const refusedWith = (claims: Readonly<Record<string, unknown>>, tenant = 'acme') => {
  const evidence = collectEvidence();
  const { iss, sub, aud } = claims;
  evidence.noteToken(
    'subject_token',
    [encodeSegment({ alg: 'ES256' }), encodeSegment({ iss, sub, aud, ...claims }), 'AAAA'].join('.'),
  );
  evidence.of({
    ok: false,
    reason: 'issuer_unknown',
    checks: [],
    seen: {
      ...(typeof iss === 'string' ? { issuer: iss } : {}),
      ...(typeof sub === 'string' ? { subject: sub } : {}),
      ...(typeof aud === 'string' ? { audience: aud } : {}),
    },
  });
  return { tenant, door: 'token-exchange', evidence };
};

const token = (sub: string) => ({ iss: issuer, sub, aud: 'https://sts.example' });
const refusal = (changes: Partial<{ reason: RefusalReason; receipt: string; at: number }> = {}) => ({
  reason: 'issuer_unknown' as const,
  receipt: 'receipt',
  at: 1000,
  ...changes,
});

const openCollection = () => {
  const batches: (readonly RefusedAttempts[])[] = [];
  const faults: unknown[] = [];
  let ids = 0;
  let broken = false;
  const attempts = createAttemptCollection(
    {
      add: async (batch) => {
        if (broken) throw new Error('the store is away');
        if (batch.length > 0) batches.push(batch);
      },
    },
    () => `id-${++ids}`,
    (error) => void faults.push(error),
  );
  return {
    attempts,
    batches,
    faults,
    all: () => batches.flat(),
    breakStore: (value: boolean) => {
      broken = value;
    },
  };
};

describe('refused attempts on their way to the inbox', () => {
  it('are grouped by issuer, subject and audience, and the last one tells', async () => {
    const { attempts, all } = openCollection();
    attempts.note(refusedWith(token('a')), refusal({ at: 1000, receipt: 'first' }));
    attempts.note(refusedWith(token('a')), refusal({ at: 2000, receipt: 'second' }));
    attempts.note(refusedWith({ ...token('a'), aud: 'other' }), refusal());
    attempts.note(refusedWith(token('a'), 'default'), refusal());
    await attempts.write();
    expect(all()).toHaveLength(3);
    expect(all()[0]).toEqual({
      tenant: 'acme',
      id: 'id-1',
      issuer,
      subject: 'a',
      audience: 'https://sts.example',
      verified: false,
      count: 2,
      firstSeenAt: 1000,
      lastSeenAt: 2000,
      reason: 'issuer_unknown',
      door: 'token-exchange',
      receipt: 'second',
      claims: token('a'),
    });
  });

  it('are written once', async () => {
    const { attempts, batches } = openCollection();
    attempts.note(refusedWith(token('a')), refusal());
    await attempts.write();
    await attempts.write();
    expect(batches).toHaveLength(1);
  });

  it('belong there where no account was meant, verified by what had been checked before (ST-32)', async () => {
    const standing = new Map<RefusalReason, boolean>([
      ['issuer_unknown', false],
      ['subject_not_registered', true],
      ['audience_mismatch', true],
      ['audience_several', true],
      ['condition_unmet', true],
      ['client_id_mismatch', true],
    ]);
    for (const reason of Object.keys(refusalReasons) as RefusalReason[]) {
      const { attempts, all } = openCollection();
      attempts.note(refusedWith(token('a')), refusal({ reason }));
      await attempts.write();
      expect([reason, all().map(({ verified }) => verified)]).toEqual([
        reason,
        standing.has(reason) ? [standing.get(reason)] : [],
      ]);
    }
  });

  it.each([
    ['an account that vouches for itself', { iss: '0b6a3c0e', sub: '0b6a3c0e', aud: 'x' }, 0],
    ['no subject', { iss: issuer, aud: 'x' }, 0],
    ['a subject that is no text', { iss: issuer, sub: 4711, aud: 'x' }, 0],
    ['a JWT-SVID without iss', { sub: 'spiffe://example.org/ns/a', aud: 'x' }, 1],
    ['no audience', { iss: issuer, sub: 'a' }, 1],
  ])('%s makes %i', async (_what, claims, count) => {
    const { attempts, all } = openCollection();
    attempts.note(refusedWith(claims), refusal());
    await attempts.write();
    expect(all()).toHaveLength(count);
  });

  it('a JWT-SVID without iss stands under its trust domain', async () => {
    const { attempts, all } = openCollection();
    attempts.note(refusedWith({ sub: 'spiffe://example.org/ns/a', aud: 'x' }), refusal());
    await attempts.write();
    expect(all()[0]?.issuer).toBe('spiffe://example.org');
  });

  it('A36 texts and sample are bounded, and secrets are out', async () => {
    const { attempts, all } = openCollection();
    const long = 'x'.repeat(5000);
    const secret = 'ghs_0123456789abcdefghij';
    attempts.note(
      refusedWith({ iss: `${issuer}/${long}`, sub: long, aud: long, more: [long, long], token: secret }),
      refusal(),
    );
    await attempts.write();
    const [entry] = all();
    expect([entry?.issuer.length, entry?.subject.length, entry?.audience.length]).toEqual([1024, 1024, 1024]);
    expect(JSON.stringify(entry?.claims ?? null).length).toBeLessThanOrEqual(4200);
    expect(JSON.stringify(entry)).not.toContain(secret);
  });

  it('a flood of strangers is bounded in memory and in each write, and other tenants still get through', async () => {
    const { attempts, batches, all } = openCollection();
    for (let index = 0; index < 100_000; index += 1)
      attempts.note(refusedWith(token(`stranger-${index % 50_000}`)), refusal());
    attempts.note(refusedWith(token('a'), 'quiet'), refusal());
    attempts.note(refusedWith(token('a')), refusal({ reason: 'subject_not_registered' }));
    await attempts.write();
    expect(batches[0]?.map(({ tenant }) => tenant)).toContain('quiet');
    expect(batches[0]?.some(({ verified }) => verified)).toBe(true);
    for (let round = 0; round < 5; round += 1) await attempts.write();
    expect(all()).toHaveLength(202);
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(500);
  });

  it('what cannot be written is due again, with its count', async () => {
    const { attempts, all, breakStore } = openCollection();
    attempts.note(refusedWith(token('a')), refusal({ at: 1000 }));
    breakStore(true);
    await expect(attempts.write()).rejects.toThrow('away');
    attempts.note(refusedWith(token('a')), refusal({ at: 3000 }));
    breakStore(false);
    await attempts.write();
    expect(all()).toHaveLength(1);
    expect(all()[0]).toMatchObject({ count: 2, firstSeenAt: 1000, lastSeenAt: 3000 });
  });

  it('a write waits for the one that is under way, so that who writes and reads finds everything', async () => {
    const events: string[] = [];
    const gate = Promise.withResolvers<void>();
    const attempts = createAttemptCollection(
      {
        add: async (batch) => {
          events.push(`begin ${batch.length}`);
          if (batch.length > 0) await gate.promise;
          events.push(`end ${batch.length}`);
        },
      },
      () => 'id',
      () => undefined,
    );
    attempts.note(refusedWith(token('a')), refusal());
    const first = attempts.write();
    const second = attempts.write().then(() => events.push('read'));
    gate.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(['begin 1', 'end 1', 'begin 0', 'end 0', 'read']);
  });

  it('a fault in noting is reported and never thrown', () => {
    const { attempts, faults } = openCollection();
    const broken = {
      ...refusedWith(token('a')),
      evidence: {
        ...collectEvidence(),
        seen: () => {
          throw new Error('broken');
        },
      },
    };
    expect(() => attempts.note(broken, refusal())).not.toThrow();
    expect(faults).toHaveLength(1);
  });

  it('rounds write by themselves; a stop writes what is left', async () => {
    const { attempts, all } = openCollection();
    const rounds = startWritingAttempts(attempts, () => undefined, 5);
    attempts.note(refusedWith(token('a')), refusal());
    await expect.poll(() => all().length).toBe(1);
    attempts.note(refusedWith(token('b')), refusal());
    await rounds.stop();
    expect(all().length).toBe(2);
  });
});
