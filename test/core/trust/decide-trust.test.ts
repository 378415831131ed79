import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceAccount } from '../../../src/core/accounts/service-account.ts';
import type { ThirdPartyClaims } from '../../../src/core/jwt/claims.ts';
import { decideTrust, fullDetail, receiptDetail } from '../../../src/core/trust/decide-trust.ts';
import type { Federation } from '../../../src/core/trust/federation.ts';
import { buildFederationIndex } from '../../../src/core/trust/federation-index.ts';
import { federation, registered, serviceAccount, thirdPartyClaims } from '../../support/registered.ts';
import { type Blocks, buildBlocks, noBlocks } from '../../../src/core/blocks/blocks.ts';
import { sampleBlock } from '../../support/stored-samples.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const decide = (
  accounts: readonly ServiceAccount[],
  token: ThirdPartyClaims = thirdPartyClaims(),
  clientId: string | null = null,
) => decideTrust(buildFederationIndex(accounts, registered.issuer, noBlocks), token, clientId);

const withFederation = (changes: Partial<Federation>, account: Partial<ServiceAccount> = {}) =>
  serviceAccount({ ...account, federations: [federation(changes)] });

/** The account and federation decided on, or the reason. */
const outcome = (verdict: ReturnType<typeof decide>) =>
  verdict.ok ? `${verdict.value.account.id} by ${verdict.value.federation.id}` : verdict.reason;

const failures = (verdict: ReturnType<typeof decide>) =>
  checksOf(verdict)
    .filter(({ ok }) => !ok)
    .map(({ check }) => check);

describe('decideTrust', () => {
  it('grants with the evidence of every requirement', () => {
    const conditions = [{ claim: 'repository_owner_id', equals: '8675309' }] as const;
    const verdict = decide(
      [withFederation({ conditions, cel: 'claims.ref == "main"' })],
      thirdPartyClaims({ claims: { repository_owner_id: '8675309', ref: 'main' } }),
      'account-1',
    );
    expect(outcome(verdict)).toBe('account-1 by federation-1');
    expect(verdict.seen).toEqual({ account: { id: 'account-1', name: 'deploy-payments' } });
    expect(checksOf(verdict)).toEqual([
      { check: 'federation.client_id', expected: 'account-1', presented: 'account-1', ok: true },
      {
        check: 'federation.candidate',
        expected: 'account deploy-payments (account-1), federation federation-1',
        presented: 'matches',
        ok: true,
      },
      { check: 'federation.subject', expected: registered.subject, presented: registered.subject, ok: true },
      {
        check: 'federation.audience',
        expected: registered.audience,
        presented: registered.audience,
        ok: true,
      },
      {
        check: 'federation.condition.0',
        expected: 'repository_owner_id: "8675309"',
        presented: '"8675309"',
        ok: true,
      },
      { check: 'account.status', expected: 'enabled', presented: 'enabled', ok: true },
      {
        check: 'federation.cel',
        expected: 'true from claims.ref == "main"',
        presented: 'gave true',
        ok: true,
      },
    ]);
  });

  it.each<[string, Partial<Federation>, Parameters<typeof thirdPartyClaims>[0], string]>([
    ['exact subject', {}, {}, 'account-1 by federation-1'],
    ['pattern', { subjectPattern: 'repo:acme/*' }, {}, 'account-1 by federation-1'],
    ['another subject', {}, { subject: 'repo:acme/other' }, 'subject_not_registered'],
    [
      'outside the pattern',
      { subjectPattern: 'repo:acme/*' },
      { subject: 'repo:acme-evil/app' },
      'subject_not_registered',
    ],
    ['another audience', {}, { audiences: ['https://other.example.com'] }, 'audience_mismatch'],
    ['no audience', {}, { audiences: [] }, 'audience_mismatch'],
    ['ST-18 a prefix of the audience', {}, { audiences: ['https://sts.example.co'] }, 'audience_mismatch'],
    ['ST-19 a further audience', {}, { audiences: [registered.audience, 'https://b'] }, 'audience_several'],
    [
      'ST-19 a further audience, allowed',
      { allowAdditionalAudiences: true },
      { audiences: ['https://b', registered.audience] },
      'account-1 by federation-1',
    ],
    [
      'ST-19 several audiences, ours not among them',
      { allowAdditionalAudiences: true },
      { audiences: ['https://b', 'https://c'] },
      'audience_mismatch',
    ],
    [
      'condition met',
      { conditions: [{ claim: 'id', equals: '1' }] },
      { claims: { id: '1' } },
      'account-1 by federation-1',
    ],
    [
      'A32 condition of another value',
      { conditions: [{ claim: 'id', equals: '1' }] },
      { claims: { id: '2' } },
      'condition_unmet',
    ],
    [
      'A32 condition of another type',
      { conditions: [{ claim: 'id', equals: '1' }] },
      { claims: { id: 1 } },
      'condition_unmet',
    ],
    ['A32 claim absent', { conditions: [{ claim: 'id', equals: '1' }] }, {}, 'condition_unmet'],
    [
      'one of two conditions',
      {
        conditions: [
          { claim: 'id', equals: '1' },
          { claim: 'ref', matches: 'main' },
        ],
      },
      { claims: { id: '1', ref: 'dev' } },
      'condition_unmet',
    ],
    ['expression false', { cel: 'claims.ref == "main"' }, { claims: { ref: 'dev' } }, 'condition_unmet'],
    ['expression in error', { cel: 'claims.ref == "main"' }, {}, 'condition_unmet'],
    ['expression not boolean', { cel: 'claims.ref' }, { claims: { ref: 'main' } }, 'condition_unmet'],
    ['broken federation', { cel: 'no longer' }, {}, 'condition_unmet'],
    ['broken condition', { conditions: [{ claim: '', equals: '1' }] }, {}, 'condition_unmet'],
  ])('%s', (_name, registration, token, expected) => {
    expect(outcome(decide([withFederation(registration)], thirdPartyClaims(token)))).toBe(expected);
  });

  it('ST-34 a disabled account is refused, the enabled control is not', () => {
    expect(outcome(decide([serviceAccount()]))).toBe('account-1 by federation-1');
    const verdict = decide([serviceAccount({ status: 'disabled' })]);
    expect(outcome(verdict)).toBe('account_disabled');
    expect(failures(verdict)).toEqual(['federation.candidate', 'account.status']);
    expect(verdict.seen?.account?.id).toBe('account-1');
  });

  it('the first thing that failed gives the reason', () => {
    const account = withFederation(
      { conditions: [{ claim: 'id', equals: '1' }], cel: 'false' },
      { status: 'disabled' },
    );
    const cases: readonly [Parameters<typeof thirdPartyClaims>[0], string][] = [
      [{ subject: 'x', audiences: ['x'] }, 'subject_not_registered'],
      [{ audiences: ['x'] }, 'audience_mismatch'],
      [{}, 'condition_unmet'],
      [{ claims: { id: '1' } }, 'account_disabled'],
    ];
    for (const [token, reason] of cases)
      expect(outcome(decide([account], thirdPartyClaims(token)))).toBe(reason);
  });

  it('an issuer without federations names no account', () => {
    const verdict = decide([serviceAccount({ federations: [] })]);
    expect(outcome(verdict)).toBe('subject_not_registered');
    expect(checksOf(verdict)).toHaveLength(1);
    expect(checksOf(verdict)[0]?.expected).toContain(registered.issuer);
    expect(verdict.seen).toEqual({});
  });

  it('names no account for a subject that none covers', () => {
    expect(decide([serviceAccount()], thirdPartyClaims({ subject: 'repo:x' })).seen).toEqual({});
  });

  describe('ST-33 more than one match', () => {
    const one = withFederation({ id: 'f1', subjectPattern: 'repo:acme/*' }, { id: 'a1' });
    const two = withFederation({ id: 'f2', subjectPattern: 'repo:acme/payments:*' }, { id: 'a2' });

    it('of different accounts is refused, in either order', () => {
      for (const accounts of [
        [one, two],
        [two, one],
      ]) {
        const verdict = decide(accounts);
        expect(outcome(verdict)).toBe('federation_ambiguous');
        expect(failures(verdict)).toEqual(['federation.unique']);
        expect(checksOf(verdict).filter(({ check }) => check === 'federation.candidate')).toHaveLength(2);
      }
    });

    it('of one account is fine; the more specific pattern is named', () => {
      const both = serviceAccount({ federations: [...one.federations, ...two.federations] });
      expect(outcome(decide([both]))).toBe('account-1 by f2');
    });

    it('an exact subject does not outrank a pattern', () => {
      expect(outcome(decide([one, serviceAccount()]))).toBe('federation_ambiguous');
    });

    it('client_id says which', () => {
      expect(outcome(decide([one, two], thirdPartyClaims(), 'a2'))).toBe('a2 by f2');
    });

    it('conditions tell them apart', () => {
      const dev = withFederation({ id: 'f3', conditions: [{ claim: 'env', equals: 'dev' }] }, { id: 'a3' });
      const prod = withFederation({ id: 'f4', conditions: [{ claim: 'env', equals: 'prod' }] }, { id: 'a4' });
      expect(outcome(decide([dev, prod], thirdPartyClaims({ claims: { env: 'prod' } })))).toBe('a4 by f4');
    });

    it('a disabled account is no match', () => {
      expect(outcome(decide([{ ...one, status: 'disabled' }, two]))).toBe('a2 by f2');
    });

    it('too many expressions on one subject decide nothing', () => {
      const many = (count: number) =>
        Array.from({ length: count }, (_, index) =>
          withFederation({ id: `f${index}`, cel: index === 0 ? 'true' : 'false' }, { id: `a${index}` }),
        );
      expect(outcome(decide(many(50)))).toBe('a0 by f0');
      expect(outcome(decide(many(51)))).toBe('federation_ambiguous');
      // Those that fail for less are not evaluated and do not count.
      const elsewhere = many(500).map((account) => ({
        ...account,
        federations: account.federations.map((each) => ({
          ...each,
          audience: `for-${each.id}`,
          cel: 'true',
        })),
      }));
      const token = thirdPartyClaims({ audiences: ['for-f7'] });
      expect(outcome(decide(elsewhere, token))).toBe('a7 by f7');
    });
  });

  describe('client_id', () => {
    const mine = withFederation({}, { id: 'mine' });
    const other = withFederation({ id: 'f2', subject: 'repo:acme/other' }, { id: 'other' });

    it.each([
      ['mine', 'mine by federation-1'],
      ['other', 'client_id_mismatch'],
      ['nobody', 'client_id_mismatch'],
      ['', 'client_id_mismatch'],
      ['Mine', 'client_id_mismatch'],
      ['constructor', 'client_id_mismatch'],
    ])('%j: %s', (clientId, expected) => {
      const verdict = decide([mine, other], thirdPartyClaims(), clientId);
      expect(outcome(verdict)).toBe(expected);
      expect(checksOf(verdict)[0]).toMatchObject({
        check: 'federation.client_id',
        ok: verdict.ok,
        expected: 'mine',
      });
    });

    it('narrows the evidence to its account', () => {
      const verdict = decide([mine, other], thirdPartyClaims({ subject: 'repo:acme/third' }), 'other');
      expect(outcome(verdict)).toBe('subject_not_registered');
      expect(checksOf(verdict).filter(({ check }) => check === 'federation.candidate')).toHaveLength(1);
      expect(verdict.seen?.account?.id).toBe('other');
    });

    it('an account without federations here is a mismatch', () => {
      const verdict = decide([mine], thirdPartyClaims({ subject: 'repo:x' }), 'nobody');
      expect(outcome(verdict)).toBe('client_id_mismatch');
      expect(checksOf(verdict)[0]?.expected).toContain('an account with a federation on this issuer');
    });

    it('its own candidate that covers the subject is shown once', () => {
      const verdict = decide([mine], thirdPartyClaims({ audiences: ['x'] }), 'mine');
      expect(outcome(verdict)).toBe('audience_mismatch');
      expect(checksOf(verdict).filter(({ check }) => check === 'federation.candidate')).toHaveLength(1);
    });
  });

  describe('the evidence of a refusal', () => {
    const heads = (verdict: ReturnType<typeof decide>) =>
      checksOf(verdict)
        .filter(({ check }) => check === 'federation.candidate')
        .map(({ expected }) => expected.split(' ').at(-1));

    it('shows the five nearest, nearest first', () => {
      const subjects = ['a', 'ab', 'abc', 'abcd', 'abcde', 'x', 'y'];
      const accounts = subjects.map((subject) => withFederation({ id: subject, subject }, { id: subject }));
      expect(heads(decide(accounts, thirdPartyClaims({ subject: 'abcdX' })))).toEqual([
        'abcd',
        'abcde',
        'abc',
        'ab',
        'a',
      ]);
    });

    it('puts those that cover the subject first, then those that lack the least', () => {
      const accounts = [
        withFederation({ id: 'close', subject: `${registered.subject}2` }, { id: 'a' }),
        withFederation({ id: 'far', subject: 'far' }, { id: 'b' }),
        withFederation(
          { id: 'far-and-other-audience', subject: `${registered.subject}3`, audience: 'x' },
          { id: 'c' },
        ),
        withFederation(
          { id: 'covering', audience: 'x', conditions: [{ claim: 'a', equals: 'b' }] },
          { id: 'd' },
        ),
      ];
      const verdict = decide(accounts);
      expect(outcome(verdict)).toBe('audience_mismatch');
      expect(heads(verdict)).toEqual(['covering', 'close', 'far', 'far-and-other-audience']);
    });

    it.each<[string, Partial<Federation>, Parameters<typeof thirdPartyClaims>[0], string]>([
      ['trailing slash', {}, { audiences: [`${registered.audience}/`] }, 'trailing slash'],
      ['an endpoint', {}, { audiences: [`${registered.audience}/token`] }, 'URL of an endpoint'],
      ['several audiences', {}, { audiences: [registered.audience, 'b'] }, 'allowAdditionalAudiences'],
      ['ids', {}, { subject: 'repo:acme@1/payments@2:environment:production' }, 'immutable ids'],
      ['star', { subject: 'repo:acme/*' }, {}, 'subjectPattern'],
      ['type', { conditions: [{ claim: 'id', equals: '1' }] }, { claims: { id: 1 } }, 'as a number'],
    ])('explains: %s', (_name, registration, token, words) => {
      const verdict = decide([withFederation(registration)], thirdPartyClaims(token));
      expect(verdict.ok).toBe(false);
      expect(
        checksOf(verdict)
          .map(({ hint }) => hint)
          .join(' '),
      ).toContain(words);
    });

    it('says what is wrong with a federation that no longer compiles', () => {
      const verdict = decide([withFederation({ conditions: [{ claim: '', equals: '1' }] })]);
      expect(checksOf(verdict)).toContainEqual(
        expect.objectContaining({
          check: 'federation.definition',
          presented: expect.stringContaining('/conditions/0'),
        }),
      );
    });

    it('shows an expression only where everything else was looked at', () => {
      const verdict = decide([withFederation({ cel: 'claims.ref == "main"' })]);
      expect(checksOf(verdict).at(-1)).toEqual({
        check: 'federation.cel',
        expected: 'true from claims.ref == "main"',
        presented: 'failed: field not found: ref',
        ok: false,
        hint: expect.stringContaining('has(claims.NAME)'),
      });
    });

    it('is of bounded size for hostile tokens', () => {
      const audiences = Array.from({ length: 3000 }, (_, index) => `a${index}`);
      const verdict = decide(
        [serviceAccount()],
        thirdPartyClaims({ subject: 'x'.repeat(12_000), audiences }),
      );
      expect(JSON.stringify(checksOf(verdict)).length).toBeLessThan(3000);
    });
  });

  describe('properties', () => {
    const letters = fc.constantFrom('a', 'b', 'c');
    const subject = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(':'));
    const requirement = fc.record(
      {
        subject: fc.option(subject, { nil: null }),
        pattern: fc.tuple(subject, fc.constantFrom(':*', ':*:a')).map((parts) => parts.join('')),
        audience: fc.constantFrom('x', 'y'),
        conditions: fc.array(
          fc.record({ claim: fc.constantFrom('p', 'q'), equals: fc.constantFrom('1', 1) }),
          { maxLength: 2 },
        ),
        cel: fc.constantFrom(null, null, 'claims.p == "1"', 'has(claims.q)', 'no longer'),
        allowAdditionalAudiences: fc.boolean(),
      },
      { noNullPrototype: true },
    );
    const accounts = fc
      .array(
        fc.record({
          status: fc.constantFrom('enabled', 'enabled', 'disabled'),
          list: fc.array(requirement, { maxLength: 3 }),
        }),
        {
          maxLength: 5,
        },
      )
      .map((drawn) =>
        drawn.map(({ status, list }, number) =>
          serviceAccount({
            id: `a${number}`,
            status,
            federations: list.map(({ pattern, ...each }, index) =>
              federation({
                ...each,
                id: `a${number}f${index}`,
                subjectPattern: each.subject === null ? pattern : null,
              }),
            ),
          }),
        ),
      );
    const token = fc
      .record({
        subject,
        audiences: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1, maxLength: 2 }),
        claims: fc.dictionary(fc.constantFrom('p', 'q'), fc.constantFrom('1', 1, true, null)),
      })
      .map((drawn) => thirdPartyClaims(drawn));
    const clientId = fc.constantFrom(null, 'a0', 'a1', 'nobody');

    it('grants only an enabled account, the named one, with every check passed', () => {
      fc.assert(
        fc.property(accounts, token, clientId, (registry, presented, client) => {
          const verdict = decide(registry, presented, client);
          if (!verdict.ok) {
            expect(checksOf(verdict).some(({ ok }) => !ok)).toBe(true);
            return;
          }
          const { account, federation: by } = verdict.value;
          expect(account.status).toBe('enabled');
          expect(account.federations).toContain(by);
          expect(client === null || client === account.id).toBe(true);
          expect(checksOf(verdict).every(({ ok }) => ok)).toBe(true);
          expect(presented.audiences).toContain(by.audience);
        }),
        { numRuns: 300 },
      );
    });

    it('does not depend on the order of accounts and federations', () => {
      fc.assert(
        fc.property(accounts, token, clientId, (registry, presented, client) => {
          const turned = registry
            .map((account) => ({ ...account, federations: account.federations.toReversed() }))
            .toReversed();
          const [one, other] = [decide(registry, presented, client), decide(turned, presented, client)];
          expect(other.ok).toBe(one.ok);
          if (one.ok && other.ok) expect(other.value.account.id).toBe(one.value.account.id);
        }),
        { numRuns: 300 },
      );
    });

    it('removing a federation never grants another account, unless the refusal was for ambiguity', () => {
      fc.assert(
        fc.property(accounts, token, clientId, fc.nat(20), (registry, presented, client, which) => {
          const all = registry.flatMap(({ federations }) => federations);
          const gone = all[which % Math.max(all.length, 1)];
          const fewer = registry.map((account) => ({
            ...account,
            federations: account.federations.filter((each) => each !== gone),
          }));
          const [before, after] = [decide(registry, presented, client), decide(fewer, presented, client)];
          if (!after.ok) return;
          if (before.ok) expect(after.value.account.id).toBe(before.value.account.id);
          else expect(before.reason).toBe('federation_ambiguous');
        }),
        { numRuns: 300 },
      );
    });

    it('client_id never widens: what it grants is granted or ambiguous without it', () => {
      fc.assert(
        fc.property(accounts, token, clientId, (registry, presented, client) => {
          const [narrow, wide] = [decide(registry, presented, client), decide(registry, presented, null)];
          if (!narrow.ok) return;
          if (wide.ok) expect(wide.value.account.id).toBe(narrow.value.account.id);
          else expect(wide.reason).toBe('federation_ambiguous');
        }),
        { numRuns: 300 },
      );
    });

    it('a further condition never turns a refusal into a grant', () => {
      fc.assert(
        fc.property(accounts, token, (registry, presented) => {
          const stricter = registry.map((account) => ({
            ...account,
            federations: account.federations.map((each) => ({
              ...each,
              conditions: [...each.conditions, { claim: 'p', equals: '1' }],
            })),
          }));
          const [before, after] = [decide(registry, presented), decide(stricter, presented)];
          if (after.ok && !before.ok) expect(before.reason).toBe('federation_ambiguous');
        }),
        { numRuns: 200 },
      );
    });
  });
});

describe('A65 a block among candidates', () => {
  const cases: readonly [string, Partial<Federation>, Partial<ServiceAccount>, string | null, string][] = [
    ['meets everything', {}, {}, null, 'account_blocked'],
    ['with the client id of the other', {}, {}, 'account-2', 'account_blocked'],
    ['with its own client id', {}, {}, 'account-1', 'account_blocked'],
    ['with the client id of nobody', {}, {}, 'account-3', 'account_blocked'],
    ['is disabled besides', {}, { status: 'disabled' }, null, 'account_blocked'],
    ['has an expression that holds', { cel: 'claims.ref == "main"' }, {}, null, 'account_blocked'],
    ['has an expression that does not', { cel: 'claims.ref == "x"' }, {}, null, 'account-2 by federation-2'],
    [
      'has another condition',
      { conditions: [{ claim: 'ref', equals: 'x' }] },
      {},
      null,
      'account-2 by federation-2',
    ],
    ['has another audience', { audience: 'https://other' }, {}, null, 'account-2 by federation-2'],
    ['has another subject', { subject: 'repo:acme/other' }, {}, null, 'account-2 by federation-2'],
  ];
  it.each(cases)('%s', (_what, federationChanges, account, clientId, expected) => {
    const one = withFederation(federationChanges, account);
    const two = withFederation({ id: 'federation-2', subjectPattern: 'repo:acme/*' }, { id: 'account-2' });
    const token = thirdPartyClaims({ claims: { ref: 'main' } });
    const index = (blocks: Blocks) => buildFederationIndex([one, two], registered.issuer, blocks);
    const blocked = buildBlocks([sampleBlock({ kind: 'account', account: 'account-1' })]);
    for (const detail of [receiptDetail, fullDetail]) {
      const verdict = decideTrust(index(blocked), token, clientId, detail);
      expect(outcome(verdict)).toBe(expected);
      if (!verdict.ok) expect(failures(verdict)).toContain('account.block');
    }
  });
});
