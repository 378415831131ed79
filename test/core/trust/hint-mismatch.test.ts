import { describe, expect, it } from 'vitest';
import { hintAudience, hintSubject } from '../../../src/core/trust/hint-mismatch.ts';

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
  ])('%j against %j: %s', (registered, presented, words) => {
    expect(hintSubject(registered, presented)).toContain(words);
  });

  it.each([
    ['repo:acme/app', 'repo:acme/other'],
    ['repo:acme/app', 'repo:acme/app:ref:x'],
    ['repo:acme/app:ref:x', 'repo:acme@1/app@2:ref:y'],
    ['repo:acme/*', 'repo:other/app'],
    ['a', 'b'],
    ['a', '\u0430\u0430'],
    ['**', 'a'],
  ])('has nothing to say on %j against %j', (registered, presented) => {
    expect(hintSubject(registered, presented)).toBeUndefined();
  });
});

describe('hintAudience', () => {
  const registered = 'https://sts.example.com';

  it.each([
    ['https://sts.example.com/', 'trailing slash'],
    ['https://STS.example.com', 'upper and lower case'],
    ['https://github.com/acme', "GitHub's default audience"],
    [
      'https://kubernetes.default.svc',
      'Mount a projected service account token with audience: https://sts.example.com',
    ],
    ['https://kubernetes.default.svc.cluster.local', 'projected'],
    ['sts.amazonaws.com', 'AWS'],
    ['api://AzureADTokenExchange', 'Entra'],
    ['//iam.googleapis.com/projects/1/x', 'Google'],
    ['sigstore', 'Sigstore'],
  ])('ST-21 %s: %s', (presented, words) => {
    expect(hintAudience(registered, presented)).toContain(words);
  });

  it('says how to ask for the registered one, whatever characters that has', () => {
    expect(hintAudience("$&-$'", 'https://github.com/acme')).toContain("core.getIDToken('$&-$'')");
  });

  it.each(['https://github.com/acme/app', 'https://other.example.com', ''])(
    'has nothing to say on %j',
    (presented) => {
      expect(hintAudience(registered, presented)).toBeUndefined();
    },
  );
});
