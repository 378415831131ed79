import { describe, expect, it } from 'vitest';
import { failed, passed } from '../../../src/core/activity/check.ts';
import { checksBesideCandidates, groupCandidates } from '../../../src/core/activity/group-candidates.ts';

const head = (account: string, federation: string, matches = false) =>
  (matches ? passed : failed)('federation.candidate', `account ${account}, federation ${federation}`, 'x');
const subject = failed('federation.subject', 'a', 'b');
const audience = passed('federation.audience', 'a', 'a');
const status = passed('account.status', 'enabled', 'enabled');

describe('groupCandidates', () => {
  it('puts each check under its candidate, in their order', () => {
    const before = passed('claims.exp', 'x', 'y');
    const client = passed('federation.client_id', 'x', 'x');
    const checks = [
      before,
      client,
      head('near (a-1)', 'f-1'),
      subject,
      status,
      head('far (a-2)', 'f-2'),
      audience,
    ];
    expect(groupCandidates(checks)).toEqual([
      { account: { id: 'a-1', name: 'near' }, federation: 'f-1', matches: false, checks: [subject, status] },
      { account: { id: 'a-2', name: 'far' }, federation: 'f-2', matches: false, checks: [audience] },
    ]);
    expect(checksBesideCandidates(checks)).toEqual([before, client]);
  });

  it('leaves out what was looked at after a match', () => {
    const scope = failed('request.scope', 'a', 'b');
    const checks = [head('near (a-1)', 'f-1', true), subject, scope, audience];
    expect(groupCandidates(checks)).toMatchObject([{ matches: true, checks: [subject] }]);
    expect(checksBesideCandidates(checks)).toEqual([scope, audience]);
  });

  it.each([
    ['a (b), federation c (a-1)', { id: 'a-1', name: 'a (b), federation c' }],
    ['line\nbreak (a-1)', { id: 'a-1', name: 'line\nbreak' }],
  ])('reads the name %j from its end', (account, party) => {
    expect(groupCandidates([head(account, 'f-1')])).toMatchObject([{ account: party, federation: 'f-1' }]);
  });

  it('names nobody where the heading says nothing', () => {
    expect(groupCandidates([failed('federation.candidate', 'x', 'y')])).toMatchObject([
      { account: null, federation: null, checks: [] },
    ]);
    expect(groupCandidates([subject])).toEqual([]);
  });
});
