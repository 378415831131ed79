import { describe, expect, it } from 'vitest';
import { hintSubject } from '../../../src/core/trust/hint-subject.ts';

describe('hintSubject', () => {
  it.each([
    ['repo:acme/app', 'repo:acme/app/', 'trailing slash'],
    ['repo:acme/app/', 'repo:acme/app', 'trailing slash'],
    ['repo:Acme/app', 'repo:acme/app', 'upper and lower case'],
    ['repo:acme/app', ' repo:acme/app', 'surrounding space'],
    ['repo:acme/app', 'repo:acme/app\u00a0', 'surrounding space'],
    ['repo:acme/app', 'repo:ac\u200bme/app', 'look alike'],
    ['repo:acme/app', 'repo:acme/app\0', 'look alike'],
    ['caf\u00e9', 'cafe\u0301', 'look alike'],
    ['file', '\ufb01le', 'look alike'],
    ['repo:acme/app', 'repo:\u0430cme/app', 'U+0430, not U+0061'],
    ['repo:acme/*', 'repo:acme/app', 'subjectPattern'],
    ['repo:acme/app:ref:x', 'repo:acme@1/app@22:ref:x', 'immutable ids'],
    ['repo:acme/app', 'repo:acme@1/app@22', 'immutable ids'],
    ['repo:acme/app:*', 'repo:acme@1/app@22:ref:x', 'immutable ids'],
    ['repo:acme@1/app@22:ref:x', 'repo:acme/app:ref:x', 'another repository'],
    ['repo:acme@1/app@22:ref:x', 'repo:acme@1/app@23:ref:x', 'another repository'],
    ['^repo:acme/app:.*$', 'repo:acme/app:ref:x', 'Write repo:acme/app:*.'],
    ['repo:acme/app:(a|b)', 'repo:acme/app:a', 'globs: only * is special'],
    ['repo:acme/app:\\d+', 'repo:acme/app:1', 'regular expression'],
    [
      'repo:acme/app:environment:production',
      'repo:acme/app:ref:refs/heads/main',
      'agree up to "repo:acme/app:": there the token goes on with "ref:refs/heads/main", and "environment:production" is registered',
    ],
    ['repo:acme/app', 'repo:acme/other', 'agree up to "repo:acme/"'],
    ['repo:acme/app:ref:x', 'repo:acme@1/app@2:ref:y', 'agree up to "repo:"'],
    ['repo:acme/*', 'repo:other/app', 'agree up to "repo:"'],
    ['system:serviceaccount:pay:api', 'system:serviceaccount:pay:default', '"default", and "api"'],
  ])('%j against %j: %s', (registered, presented, words) => {
    expect(hintSubject(registered, presented)).toContain(words);
  });

  it.each([
    ['org:acme', 'repo:acme/app'],
    ['id:1', 'id:2'],
    ['a', 'b'],
    ['a', '\u0430\u0430'],
    ['**', 'a'],
  ])('has nothing to say on %j against %j', (registered, presented) => {
    expect(hintSubject(registered, presented)).toBeUndefined();
  });
});
