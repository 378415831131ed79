import { describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../../src/core/accounts/service-account.ts';
import { groupCandidates } from '../../../src/core/activity/group-candidates.ts';
import { noBlocks } from '../../../src/core/blocks/blocks.ts';
import { decideTrust, fullDetail, receiptDetail } from '../../../src/core/trust/decide-trust.ts';
import { buildFederationIndex } from '../../../src/core/trust/federation-index.ts';
import { federation, registered, serviceAccount, thirdPartyClaims } from '../../support/registered.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const accountOf = (number: number, changes: Parameters<typeof federation>[0] = {}): ServiceAccount =>
  serviceAccount({
    id: `account-${number}`,
    name: `name-${number}`,
    federations: [federation({ id: `federation-${number}`, ...changes })],
  });
const decide = (accounts: readonly ServiceAccount[], detail = fullDetail, clientId: string | null = null) =>
  decideTrust(
    buildFederationIndex(accounts, registered.issuer, noBlocks),
    thirdPartyClaims(),
    clientId,
    detail,
  );
const shownIn = (verdict: ReturnType<typeof decide>) =>
  groupCandidates(checksOf(verdict)).map(({ federation: id, matches }) => `${id} ${matches}`);

const strangers = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    accountOf(index + 2, { subject: `repo:acme/payments:${index}`, audience: `https://${index}.example` }),
  );

describe('how much a decision shows', () => {
  it('a receipt shows the match alone; explain the others too, the match first, then the nearest', () => {
    const accounts = [
      accountOf(3, { subject: 'job:3' }),
      accountOf(2, { audience: 'https://other.example.com' }),
      accountOf(1),
    ];
    expect(shownIn(decide(accounts, receiptDetail))).toEqual(['federation-1 true']);
    expect(shownIn(decide(accounts))).toEqual([
      'federation-1 true',
      'federation-2 false',
      'federation-3 false',
    ]);
  });

  it('a receipt of a refusal shows five; explain every one', () => {
    const accounts = strangers(30);
    expect(shownIn(decide(accounts, receiptDetail))).toHaveLength(5);
    expect(shownIn(decide(accounts))).toHaveLength(30);
  });

  it.each([
    ['a refusal', strangers(500)],
    ['a match', [accountOf(1), ...strangers(500)]],
  ])('explain of %s shows at most 200', (_, accounts) => {
    expect(shownIn(decide(accounts))).toHaveLength(200);
  });

  it('at most 2,000 lines about candidates, the nearest ones whole', () => {
    const conditions = Array.from({ length: 20 }, (_, index) => ({ claim: `c${index}`, equals: 'x' }));
    const accounts = strangers(200).map((account) => ({
      ...account,
      federations: account.federations.map((each) => ({ ...each, conditions })),
    }));
    const checks = checksOf(decide(accounts));
    expect(checks.length).toBeLessThanOrEqual(2000);
    const groups = groupCandidates(checks);
    expect(groups.length).toBeGreaterThan(30);
    expect(new Set(groups.map((group) => group.checks.length))).toEqual(new Set([23]));
  });

  it('at most 50 expressions are evaluated for evidence; those beyond are left out', () => {
    const accounts = strangers(80).map((account) => ({
      ...account,
      federations: account.federations.map((each) => ({ ...each, cel: 'claims.sub == "x"' })),
    }));
    const checks = checksOf(decide(accounts));
    expect(checks.filter(({ check }) => check === 'federation.cel')).toHaveLength(50);
    expect(groupCandidates(checks)).toHaveLength(50);
  });

  it('what is decided is the same, whatever is shown', () => {
    const cases = [
      [accountOf(1), ...strangers(20)],
      strangers(20),
      [accountOf(1), accountOf(2)],
      [accountOf(1, { audience: 'https://other.example.com' }), ...strangers(20)],
      [],
    ];
    for (const accounts of cases)
      for (const clientId of [null, 'account-1', 'account-2', 'nobody']) {
        const [short, full] = [receiptDetail, fullDetail].map((detail) => decide(accounts, detail, clientId));
        expect(full?.ok).toBe(short?.ok);
        expect(full?.seen).toEqual(short?.seen);
        expect(full?.ok === false ? full.reason : full?.value).toEqual(
          short?.ok === false ? short.reason : short?.value,
        );
      }
  });

  it('an index with an account in the place of another, and with a new one', () => {
    const index = buildFederationIndex(
      [accountOf(1), accountOf(2, { subject: 'job:2' })],
      registered.issuer,
      noBlocks,
    );
    const covering = (subject: string, changed = index) =>
      changed.covering(subject).map(({ account }) => account.id);
    const replaced = index.withAccount(accountOf(2), noBlocks);
    expect(covering(registered.subject, replaced)).toEqual(['account-1', 'account-2']);
    expect(covering('job:2', replaced)).toEqual([]);
    expect(covering(registered.subject, index.withAccount(accountOf(3), noBlocks))).toEqual([
      'account-1',
      'account-3',
    ]);
    expect([covering(registered.subject), covering('job:2')]).toEqual([['account-1'], ['account-2']]);
  });
});
