import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Activity, blankActivity } from '../../../src/core/activity/activity.ts';
import { hashLine, linkActivities, toTrailLine } from '../../../src/core/activity/chain.ts';
import { placeLine, writeChecks, writeLineText } from '../../../src/core/activity/line-text.ts';

const place = { writer: 'w"\\é', number: 7, previous: 'p' };
/** What a hash is made of is easier to compare than the hash. */
const itself = (text: string): string => text;
const textOf = (activity: Activity): string => placeLine(writeLineText(activity), place);
const expected = (activity: Activity): string => hashLine({ ...toTrailLine(activity, null) }, place, itself);

const bare: Activity = {
  ...blankActivity,
  tenant: 'acme',
  id: 'id',
  time: 1_795_000_000_000,
  type: 'token',
  outcome: 'issued',
  reason: 'issued',
};
const check = { check: 'c', expected: 'e', presented: 'p', ok: true };

describe('the text of a line', () => {
  it.each<[string, Partial<Activity>]>([
    ['nothing but what must be', {}],
    ['an account', { account: { id: 'a', name: 'n' } }],
    ['members of a party in another order', { actor: { name: 'n', id: 'a' } }],
    ['an audience', { audience: 'x' }],
    ['empty texts', { audience: '', door: '', jti: '', subject: '', tokenHash: '' }],
    ['a door alone', { door: 'token-exchange' }],
    ['one check', { checks: [check] }],
    ['a hint', { checks: [{ ...check, hint: 'h' }, check] }],
    ['details', { details: { b: 1, a: [], 10: null, 9: 'x' } }],
    ['no details in it', { details: {} }],
    ['parameters', { parameters: { scope: ['b', 'a'], grant_type: 'x' } }],
    ['no parameters in it', { parameters: {} }],
    ['a token', { presented: [{ parameter: 'p', header: { b: 1, a: 2 }, claims: null, verified: false }] }],
    [
      'all of it',
      {
        account: { id: 'a', name: 'n' },
        details: { x: 1 },
        parameters: { x: 'y' },
        presented: [{ parameter: 'p', header: null, claims: { sub: 'x' }, verified: true }],
        checks: [check],
        issuer: 'i',
        sourceAddress: '::1',
      },
    ],
    ['signs that JSON escapes', { subject: '"\\\u0001\u2028\uD800', id: '}{"' }],
    ['the beginning of time', { time: 0 }],
    ['a year beyond four digits', { time: 8.64e15 }],
  ])('A115 is what the hash of the line is made of: %s', (_, changes) => {
    const activity = { ...bare, ...changes };
    expect(textOf(activity)).toBe(expected(activity));
  });

  it('A115 is what the hash of the line is made of, whatever is in it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const maybe = fc.option(text);
    const party = fc.option(fc.record({ id: text, name: text }));
    const object = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    const activities = fc.record({
      tenant: text,
      id: text,
      time: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      type: text,
      outcome: fc.constantFrom('issued', 'refused', 'changed'),
      reason: text,
      door: maybe,
      account: party,
      actor: party,
      issuer: maybe,
      subject: maybe,
      audience: maybe,
      jti: maybe,
      tokenHash: maybe,
      sourceAddress: maybe,
      checks: fc.array(fc.record({ check: text, expected: text, presented: text, ok: fc.boolean() })),
      parameters: fc.option(fc.dictionary(text, text)),
      presented: fc.array(
        fc.record({
          parameter: text,
          header: fc.option(object),
          claims: fc.option(object),
          verified: fc.boolean(),
        }),
        { maxLength: 2 },
      ),
      details: fc.option(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.array(text)))),
    });
    fc.assert(
      fc.property(activities, (activity) => {
        expect(textOf(activity as Activity)).toBe(expected(activity as Activity));
      }),
      { numRuns: 500 },
    );
  });

  it('A115 a line whose time is none has no text', () => {
    expect(() => writeLineText({ ...bare, time: Number.NaN })).toThrow(RangeError);
    expect(() =>
      linkActivities([bare, { ...bare, time: Number.NaN }], 'w', { number: 0, hash: 'x' }, itself),
    ).toThrow(RangeError);
  });

  it('checks are written in one order, whatever order their members came in', () => {
    const { check: name, expected: wanted, presented, ok } = check;
    const turned = { ok, presented, hint: 'h', expected: wanted, check: name };
    expect(writeChecks([turned])).toBe('[{"check":"c","expected":"e","hint":"h","ok":true,"presented":"p"}]');
    expect(writeChecks([check])).toBe('[{"check":"c","expected":"e","ok":true,"presented":"p"}]');
    expect(writeChecks([])).toBe('[]');
  });
});
