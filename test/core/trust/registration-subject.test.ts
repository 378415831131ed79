import { beforeAll, describe, expect, it } from 'vitest';
import { loadIssuerPresets } from '../../../src/config/issuer-presets.ts';
import type { Condition } from '../../../src/core/trust/federation.ts';
import { findPreset, type IssuerPreset } from '../../../src/core/trust/preset.ts';
import { checkSubject } from '../../../src/core/trust/registration-subject.ts';

let presets: readonly IssuerPreset[];
beforeAll(async () => {
  presets = await loadIssuerPresets('config/issuers');
});

const check = (
  issuer: string,
  subject: string | null,
  subjectPattern: string | null,
  conditions: readonly Condition[] = [],
) => checkSubject({ subject, subjectPattern, conditions }, findPreset(presets, issuer));

const unknown = 'https://issuer.example.org';
const github = 'https://token.actions.githubusercontent.com';
const gitlab = 'https://gitlab.com';
const google = 'https://accounts.google.com';
const circleci = 'https://oidc.circleci.com/org/11111111-2222-3333-4444-555555555555';
const buildkite = 'https://agent.buildkite.com';
const terraform = 'https://app.terraform.io';
const azure = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';
const azureV1 = 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/';
const bitbucket = 'https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc';
const eks = 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF';
const aws = 'https://11111111-2222.tokens.sts.global.api.aws';

describe('A31 a federation is never open to a whole issuer', () => {
  it.each([unknown, github, gitlab, google, circleci, buildkite, terraform, azure])('A31 on %s', (issuer) => {
    for (const [subject, pattern] of [
      [null, null],
      ['', null],
      ['*', null],
      ['**', null],
      ['repo:*', null],
      ['repo:acme/*', null],
      [null, ''],
      [null, '*'],
      [null, '**'],
      [null, '*:*'],
      [null, 'repo:*'],
      [null, 'repo:*/payments'],
      [null, '*/payments:ref'],
      [null, 'repo:acme*'],
      [null, 'repo:acme/pay*'],
      [null, 'repo:acme/payments:*x*'],
      ['repo:acme/payments', 'repo:acme/*'],
    ] as const) {
      expect([subject, pattern, check(issuer, subject, pattern).length]).toEqual([subject, pattern, 1]);
    }
  });

  it.each([
    [unknown, 'user-4711', null],
    [github, 'repo:acme/payments:environment:production', null],
    [github, null, 'repo:acme/*'],
    [github, null, 'repo:acme/payments:*'],
    [github, null, 'repo:ACME@123/payments@456:*'],
    [gitlab, null, 'project_path:acme/payments:*'],
    [google, '117234567890123456789', null],
    [
      circleci,
      null,
      'org/11111111-2222-3333-4444-555555555555/project/99999999-2222-3333-4444-555555555555/*',
    ],
    [buildkite, null, 'organization:acme:pipeline:deploy:*'],
    [terraform, null, 'organization:acme:project:web:workspace:prod:run_phase:*'],
    [azure, '99999999-2222-3333-4444-555555555555', null],
    [bitbucket, null, '{11111111-2222-3333-4444-555555555555}:*'],
    [eks, null, 'system:serviceaccount:payments:*'],
    [aws, null, 'arn:aws:iam::123456789012:role/*'],
    ['https://spire.example.org', null, 'spiffe://example.com/ns/payments/*'],
  ])('ST-16 positive control: %s takes %s %s', (issuer, subject, pattern) => {
    expect(check(issuer, subject, pattern)).toEqual([]);
  });

  it.each([
    [google, '11723456789012:*', 'exact subject'],
    [azure, 'a:b:*', 'exact subject'],
    [azureV1, 'a:b:*', 'exact subject'],
    [circleci, 'org/11111111-2222-3333-4444-555555555555/*', 'at least 4'],
    [buildkite, 'organization:acme:*', 'at least 4'],
    [terraform, 'organization:acme:*', 'at least 4'],
    [gitlab, 'project_path:*', 'at least 2'],
    [eks, 'system:serviceaccount:*', 'at least 3'],
    [bitbucket, '*:{11111111-2222-3333-4444-555555555555}', 'directly after'],
  ])('A31 what is known of %s decides about %s', (issuer, pattern, words) => {
    const problems = check(issuer, null, pattern);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toBe('/subjectPattern');
    expect(problems[0]?.message).toContain(words);
  });

  it('A31 ST-17 on a shared issuer the subject or a condition names the owner', () => {
    const owner: Condition = { claim: 'repository_owner_id', equals: '8675309' };
    expect(check(github, 'environment:production', null)).toHaveLength(1);
    expect(check(github, null, 'environment:production:*')).toHaveLength(1);
    expect(check(github, 'environment:production', null, [owner])).toEqual([]);
    expect(
      check(github, 'environment:production', null, [{ claim: 'repository_owner_id', oneOf: ['1', '2'] }]),
    ).toEqual([]);
    expect(
      check(github, 'environment:production', null, [{ claim: 'repository_owner_id', matches: '*' }]),
    ).toHaveLength(1);
    expect(check(github, 'environment:production', null, [{ claim: 'actor', equals: 'me' }])).toHaveLength(1);
    expect(check(unknown, 'environment:production', null)).toEqual([]);
  });

  it('says in which member and what to do', () => {
    expect(check(unknown, null, null)).toEqual([
      { path: '/subject', message: expect.stringMatching(/missing.*Give the exact sub value/) as string },
    ]);
    expect(check(unknown, 'repo:acme/*', null)[0]).toMatchObject({
      path: '/subject',
      message: expect.stringContaining('subjectPattern') as string,
    });
    expect(check(unknown, 'a', 'b:c:*')[0]?.path).toBe('/subjectPattern');
    expect(check(unknown, null, 'repo:acme/payments')[0]?.message).toContain('Give it as subject');
  });
});
