// What is decided by looking up a few federations in a store is what is decided by holding all of them in memory.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBlocks } from '../../src/core/blocks/blocks.ts';
import type { ServiceAccount } from '../../src/core/accounts/service-account.ts';
import type { Condition, Federation } from '../../src/core/trust/federation.ts';
import { decideTrust, fullDetail, receiptDetail } from '../../src/core/trust/decide-trust.ts';
import { buildFederationIndex } from '../../src/core/trust/federation-index.ts';
import { decideRegistered } from '../../src/token/registered-federations.ts';
import { createTrustDirectory } from '../../src/token/trust-directory.ts';
import { createRandom } from '../support/random-pairs.ts';
import { federation, registered, serviceAccount, thirdPartyClaims } from '../support/registered.ts';
import { type OpenedStorage, openInEmptyPlace, storageEngines } from '../support/storage-engines.ts';
import { sampleBlock, sampleTrustedIssuer } from '../support/stored-samples.ts';

const issuers = [registered.issuer, 'https://gitlab.example'] as const;
const subjects = ['a:1', 'a:2', 'A:1', 'a:b:1', 'a:b:2', 'b:1', 'a@7:1', '1', 'ab:1'] as const;
const patterns = ['a:*', 'a:b:*', '*', '*:1', 'a*', 'a:*:1', 'b:*', 'a:b*', 'A:*'] as const;
const audiences = [registered.audience, 'https://other.example'] as const;

const randomRegistration = (seed: number) => {
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const chance = (of: number): boolean => random() < of;
  const tenant = `tenant-${seed}`;
  const known = new Set<string>();
  const randomFederation = (id: string): readonly Federation[] => {
    const subject = pick(subjects);
    const conditions: readonly Condition[] = chance(0.25) ? [{ claim: 'env', equals: pick(['x', 'y']) }] : [];
    const built = federation({
      id,
      issuer: chance(0.85) ? issuers[0] : issuers[1],
      ...(chance(0.5) ? { subject } : { subjectPattern: pick(patterns) }),
      audience: chance(0.8) ? audiences[0] : audiences[1],
      conditions,
      cel: chance(0.1) ? `claims.env == 'x'` : null,
      allowAdditionalAudiences: chance(0.2),
    });
    const identity = JSON.stringify({ ...built, id: '', allowAdditionalAudiences: false });
    return known.has(identity) ? [] : (known.add(identity), [built]);
  };
  const accounts = Array.from(
    { length: Math.floor(random() * 9) },
    (_, index): ServiceAccount =>
      serviceAccount({
        tenant,
        id: `account-${seed}-${index}`,
        name: `account ${index}`,
        status: chance(0.85) ? 'enabled' : 'disabled',
        federations: Array.from({ length: Math.floor(random() * 4) }).flatMap((_each, place) =>
          randomFederation(`f-${seed}-${index}-${place}`),
        ),
        createdAt: index,
      }),
  );
  const blocks = accounts
    .filter(() => chance(0.1))
    .map(({ id, federations: [first] }) =>
      sampleBlock(
        first !== undefined && chance(0.5)
          ? { kind: 'federation', federation: first.id }
          : { kind: 'account', account: id },
        { tenant },
      ),
    );
  const tokens = Array.from({ length: 12 }, () => ({
    clientId: chance(0.6) ? null : `account-${seed}-${Math.floor(random() * 9)}`,
    detail: chance(0.3) ? fullDetail : receiptDetail,
    token: thirdPartyClaims({
      subject: chance(0.85) ? pick(subjects) : pick(['c:1', 'a:', '', 'a:b:']),
      audiences: chance(0.8) ? [audiences[0]] : [...audiences],
      claims: { env: pick(['x', 'y']) },
    }),
  }));
  return { tenant, accounts, blocks, tokens };
};

describe.each(storageEngines)('looking up federations on $engine', ({ engine, createPlace }) => {
  let opened: OpenedStorage;
  beforeAll(async () => {
    opened = await openInEmptyPlace(createPlace);
  });
  afterAll(() => opened.remove());

  const verifier = { importKey: () => ({ ok: false, error: 'not used here' }) as const };

  it('ST-33 A65 decides as an index of everything does, with the same evidence', async () => {
    const reasons = new Set<string>();
    const directory = createTrustDirectory(opened.storage, verifier);
    const registrations = Array.from({ length: engine === 'SQLite' ? 200 : 60 }, (_, seed) =>
      randomRegistration(seed),
    );
    await opened.storage.transaction(async (stores) => {
      for (const { tenant, accounts, blocks } of registrations) {
        await stores.trustedIssuers.insert(sampleTrustedIssuer({ tenant, issuer: issuers[0] }));
        for (const account of accounts) await stores.serviceAccounts.insert(account);
        for (const block of blocks) await stores.blocks.insert(block);
      }
    });
    for (const [seed, { tenant, accounts, blocks, tokens }] of registrations.entries()) {
      const everything = buildFederationIndex(accounts, issuers[0], buildBlocks(blocks));
      const entry = await directory.issuer(tenant, issuers[0]);
      if (entry === null) throw new Error('the issuer is registered');
      const decided = await Promise.all(
        tokens.map(({ token, clientId, detail }) =>
          decideRegistered(entry.federations, token, clientId, detail),
        ),
      );
      for (const [place, { token, clientId, detail }] of tokens.entries()) {
        const expected = decideTrust(everything, token, clientId, detail);
        reasons.add(expected.ok ? 'issued' : expected.reason);
        expect([seed, place, decided[place]]).toEqual([seed, place, expected]);
      }
    }
    // Nothing is proven by cases that never come up.
    expect([...reasons].toSorted()).toEqual(
      expect.arrayContaining([
        'account_blocked',
        'account_disabled',
        'audience_mismatch',
        'client_id_mismatch',
        'condition_unmet',
        'federation_ambiguous',
        'federation_blocked',
        'issued',
        'subject_not_registered',
      ]),
    );
  }, 120_000);
});
