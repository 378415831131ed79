import { expect, it } from 'vitest';
import { failed } from '../../../src/core/activity/check.ts';
import { describeCause } from '../../../src/core/activity/describe-cause.ts';
import { readableCheck, sayDuration } from '../../../src/core/activity/readable-check.ts';

it.each([
  [
    'claims.exp',
    'after 1795347690',
    '1795347090, 600 s ago',
    'after 2026-11-22T11:41:30Z',
    '2026-11-22T11:31:30Z, 10 min ago',
  ],
  [
    'claims.iat',
    'at most 1795347750',
    '1795348050.5, 300 s from now',
    'at most 2026-11-22T11:42:30Z',
    '2026-11-22T11:47:30Z, 5 min from now',
  ],
  ['claims.exp', 'seconds', '1795347690000', 'seconds', '1795347690000'],
  ['claims.lifetime', '0 < exp − iat ≤ 7200 s', '31536000 s', 'at most 2 h', '365 days'],
  ['claims.sub', '1795347690', '1795347690', '1795347690', '1795347690'],
])('%s: times and durations as people say them', (check, expected, presented, wanted, came) => {
  expect(readableCheck(failed(check, expected, presented))).toEqual({ expected: wanted, presented: came });
});

it.each([
  [1, '1 s'],
  [119, '119 s'],
  [120, '2 min'],
  [5400, '90 min'],
  [7200, '2 h'],
  [86_400, '24 h'],
  [172_800, '2 days'],
])('%d s is %s', (seconds, said) => {
  expect(sayDuration(seconds)).toBe(said);
});

it.each([
  [
    'federation.condition.0',
    'ref: refs/heads/main',
    'absent',
    'The claim ref is absent; wanted is refs/heads/main.',
  ],
  ['federation.condition.1', 'ref: matches a/*', 'b', 'The claim ref is b; wanted is a match of a/*.'],
  ['federation.condition.1', 'odd', 'b', 'A claim with a condition is b; wanted is odd.'],
  ['federation.subject', 'matches a:*', 'b', 'The subject (sub) is b; wanted is a match of a:*.'],
  ['parameter.scope', 'a', 'b', 'scope is b; wanted is a.'],
  ['something.else', 'a', 'b', 'something.else is b; wanted is a.'],
])('%s as a sentence', (check, expected, presented, sentence) => {
  expect(describeCause(failed(check, expected, presented))).toBe(sentence);
});
