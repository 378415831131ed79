import { beforeAll, describe, expect, it } from 'vitest';
import { loadIssuerPresets } from '../../../../src/config/issuer-presets.ts';
import type { Federation } from '../../../../src/core/trust/federation.ts';
import { lintTrustedIssuer } from '../../../../src/core/trust/lint/issuer-facts.ts';
import { lintFederations } from '../../../../src/core/trust/lint/lint-federations.ts';
import type { OtherAccount } from '../../../../src/core/trust/lint/overlap.ts';
import type { WarningCode } from '../../../../src/core/trust/lint/warning.ts';
import type { IssuerPreset } from '../../../../src/core/trust/preset.ts';

let presets: readonly IssuerPreset[];
beforeAll(async () => {
  presets = await loadIssuerPresets('config/issuers');
});

const unknown = 'https://issuer.example.org';
const github = 'https://token.actions.githubusercontent.com';
const gitlab = 'https://gitlab.com';
const eks = 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF';
const kubernetes = 'https://kubernetes.default.svc';
const terraform = 'https://app.terraform.io';
const buildkite = 'https://agent.buildkite.com';
const circleci = 'https://oidc.circleci.com/org/1';
const google = 'https://accounts.google.com';
const azure = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';
const vercel = 'https://oidc.vercel.com';

const federation = (changes: Partial<Federation> = {}): Federation => ({
  id: 'f',
  issuer: unknown,
  subject: typeof changes.subjectPattern === 'string' ? null : 'user-4711',
  subjectPattern: null,
  audience: 'https://sts.example.com',
  conditions: [],
  cel: null,
  allowAdditionalAudiences: false,
  ...changes,
});

const lint = (changes: Partial<Federation>, others: readonly OtherAccount[] = []) =>
  lintFederations([federation(changes)], { presets, others });
const codes = (...parameters: Parameters<typeof lint>) => lint(...parameters).map(({ code }) => code);

const byOwner = { claim: 'repository_owner_id', equals: '8675309' } as const;
const byProject = { claim: 'project_id', equals: '42' } as const;

/** What was registered, and the same without the defect. */
const cases: readonly {
  readonly rule: string;
  readonly code: WarningCode;
  readonly path: string;
  readonly bad: Partial<Federation>;
  readonly good: Partial<Federation>;
  /** A word of the sentence that an administrator needs. */
  readonly says: string;
}[] = [
  {
    rule: 'names of GitHub owners are given up and taken',
    code: 'recycled_name',
    path: '/subject',
    bad: { issuer: github, subject: 'repo:acme/payments:environment:production' },
    good: { issuer: github, subject: 'repo:acme/payments:environment:production', conditions: [byOwner] },
    says: 'repository_owner_id',
  },
  {
    rule: 'a subject of GitHub with its ids needs no condition',
    code: 'recycled_name',
    path: '/subject',
    bad: { issuer: github, subject: 'repo:acme/payments:ref:refs/heads/a@1/b' },
    good: { issuer: github, subject: 'repo:acme@1/payments@2:ref:refs/heads/main' },
    says: 'OWNER@ID',
  },
  {
    rule: 'a condition that is a pattern pins nothing',
    code: 'recycled_name',
    path: '/subject',
    bad: {
      issuer: github,
      subject: 'repo:acme/payments:environment:production',
      conditions: [{ claim: 'repository_owner_id', matches: '86*' }],
    },
    good: {
      issuer: github,
      subject: 'repo:acme/payments:environment:production',
      conditions: [{ claim: 'repository_owner_id', oneOf: ['8675309', '8675310'] }],
    },
    says: 'repository_id',
  },
  {
    rule: 'an expression may pin as well',
    code: 'recycled_name',
    path: '/subject',
    bad: { issuer: github, subject: 'repo:acme/app:environment:x', cel: 'claims.ref == "refs/heads/main"' },
    good: {
      issuer: github,
      subject: 'repo:acme/app:environment:x',
      cel: 'claims.repository_owner_id == "8675309"',
    },
    says: 'taken by others',
  },
  {
    rule: 'paths of GitLab projects are renamed',
    code: 'recycled_name',
    path: '/subject',
    bad: { issuer: gitlab, subject: 'project_path:acme/payments:ref_type:branch:ref:main' },
    good: {
      issuer: gitlab,
      subject: 'project_path:acme/payments:ref_type:branch:ref:main',
      conditions: [byProject],
    },
    says: 'project_id',
  },
  {
    rule: 'namespaces of Kubernetes are made again',
    code: 'recycled_name',
    path: '/subject',
    bad: { issuer: kubernetes, subject: 'system:serviceaccount:payments:api' },
    good: {
      issuer: kubernetes,
      subject: 'system:serviceaccount:payments:api',
      conditions: [{ claim: '/kubernetes.io/serviceaccount/uid', equals: 'a-b-c' }],
    },
    says: 'uid',
  },
  {
    rule: 'slugs of Buildkite organisations are given up',
    code: 'recycled_name',
    path: '/subjectPattern',
    bad: { issuer: buildkite, subjectPattern: 'organization:acme:pipeline:deploy:*' },
    good: {
      issuer: buildkite,
      subjectPattern: 'organization:acme:pipeline:deploy:*',
      conditions: [{ claim: 'organization_id', equals: 'x' }],
    },
    says: 'organization_id',
  },
  {
    rule: 'a shared issuer is pinned by an id and not by a name alone',
    code: 'shared_issuer_unpinned',
    path: '/subject',
    bad: {
      issuer: github,
      subject: 'environment:production',
      conditions: [{ claim: 'repository_owner', equals: 'acme' }],
    },
    good: { issuer: github, subject: 'environment:production', conditions: [byOwner] },
    says: 'serves strangers too',
  },
  {
    rule: 'a pattern over an owner covers every repository and pull requests',
    code: 'pattern_wider_than_it_seems',
    path: '/subjectPattern',
    bad: { issuer: github, subjectPattern: 'repo:acme/*', conditions: [byOwner] },
    good: {
      issuer: github,
      subjectPattern: 'repo:acme/*',
      conditions: [byOwner, { claim: 'environment', equals: 'production' }],
    },
    says: 'every repository of the owner',
  },
  {
    rule: 'a pattern over a repository covers pull requests',
    code: 'pattern_wider_than_it_seems',
    path: '/subjectPattern',
    bad: { issuer: github, subjectPattern: 'repo:acme/payments:*', conditions: [byOwner] },
    good: { issuer: github, subjectPattern: 'repo:acme/payments:environment:*', conditions: [byOwner] },
    says: 'pull_request',
  },
  {
    rule: 'a pattern over a Vercel project covers previews',
    code: 'pattern_wider_than_it_seems',
    path: '/subjectPattern',
    bad: {
      issuer: vercel,
      subjectPattern: 'owner:acme:project:web:*',
      conditions: [{ claim: 'owner_id', equals: 'x' }],
    },
    good: {
      issuer: vercel,
      subject: 'owner:acme:project:web:environment:production',
      conditions: [{ claim: 'owner_id', equals: 'x' }],
    },
    says: 'preview',
  },
  {
    rule: 'a star amidst a pattern crosses separators',
    code: 'pattern_wider_than_it_seems',
    path: '/subjectPattern',
    bad: { subjectPattern: 'team:acme:*:production' },
    good: { subjectPattern: 'team:acme:production:*' },
    says: 'also for : and /',
  },
  {
    rule: 'two values of one claim',
    code: 'condition_never_holds',
    path: '/conditions/1',
    bad: {
      conditions: [
        { claim: 'environment', equals: 'production' },
        { claim: 'environment', equals: 'staging' },
      ],
    },
    good: {
      conditions: [
        { claim: 'environment', equals: 'production' },
        { claim: 'region', equals: 'staging' },
      ],
    },
    says: 'condition 0',
  },
  {
    rule: 'a value that is not among those of another condition',
    code: 'condition_never_holds',
    path: '/conditions/1',
    bad: {
      conditions: [
        { claim: 'environment', oneOf: ['a', 'b'] },
        { claim: 'environment', equals: 'c' },
      ],
    },
    good: {
      conditions: [
        { claim: 'environment', oneOf: ['a', 'b'] },
        { claim: 'environment', equals: 'b' },
      ],
    },
    says: 'together',
  },
  {
    rule: 'a value another pattern does not cover',
    code: 'condition_never_holds',
    path: '/conditions/1',
    bad: {
      conditions: [
        { claim: 'ref', equals: 'refs/heads/main' },
        { claim: 'ref', matches: 'refs/tags/*' },
      ],
    },
    good: {
      conditions: [
        { claim: 'ref', equals: 'refs/heads/main' },
        { claim: 'ref', matches: 'refs/heads/*' },
      ],
    },
    says: 'never matches',
  },
  {
    rule: 'two patterns without a common value',
    code: 'condition_never_holds',
    path: '/conditions/1',
    bad: {
      conditions: [
        { claim: 'ref', matches: 'refs/heads/*' },
        { claim: 'ref', matches: 'refs/tags/*' },
      ],
    },
    good: {
      conditions: [
        { claim: 'ref', matches: 'refs/*' },
        { claim: 'ref', matches: 'refs/tags/*' },
      ],
    },
    says: 'Change one',
  },
  {
    rule: 'another sub than that of the federation',
    code: 'condition_never_holds',
    path: '/conditions/0',
    bad: { subject: 'user-1', conditions: [{ claim: 'sub', equals: 'user-2' }] },
    good: { subject: 'user-1', conditions: [{ claim: 'sub', matches: 'user-*' }] },
    says: 'the federation itself',
  },
  {
    rule: 'a sub outside the pattern of the federation',
    code: 'condition_never_holds',
    path: '/conditions/0',
    bad: { subjectPattern: 'team:acme:*', conditions: [{ claim: 'sub', equals: 'team:evil:x' }] },
    good: { subjectPattern: 'team:acme:*', conditions: [{ claim: 'sub', equals: 'team:acme:x' }] },
    says: 'sub',
  },
  {
    rule: 'another iss than that of the federation',
    code: 'condition_never_holds',
    path: '/conditions/0',
    bad: { conditions: [{ claim: 'iss', equals: `${unknown}/` }] },
    good: { conditions: [{ claim: 'iss', equals: unknown }] },
    says: 'iss',
  },
  {
    rule: 'another aud than the only one',
    code: 'condition_never_holds',
    path: '/conditions/0',
    bad: { conditions: [{ claim: 'aud', equals: 'https://other.example.com' }] },
    good: {
      conditions: [{ claim: 'aud', equals: 'https://other.example.com' }],
      allowAdditionalAudiences: true,
    },
    says: 'aud',
  },
  {
    rule: 'A32 a number where the platform writes text',
    code: 'condition_never_holds',
    path: '/conditions/0',
    bad: {
      issuer: github,
      subject: 'repo:acme@1/a@2:environment:x',
      conditions: [{ claim: 'repository_owner_id', equals: 8_675_309 }],
    },
    good: { issuer: github, subject: 'repo:acme@1/a@2:environment:x', conditions: [byOwner] },
    says: '"8675309"',
  },
  {
    rule: 'a regular expression in a condition',
    code: 'regex_for_glob',
    path: '/conditions/0/matches',
    bad: { conditions: [{ claim: 'ref', matches: '^refs/heads/.*$' }] },
    good: { conditions: [{ claim: 'ref', matches: 'refs/heads/*' }] },
    says: 'globs',
  },
  {
    rule: 'a choice of a regular expression in a condition',
    code: 'regex_for_glob',
    path: '/conditions/0/matches',
    bad: { conditions: [{ claim: 'environment', matches: '(production|staging)' }] },
    good: { conditions: [{ claim: 'environment', oneOf: ['production', 'staging'] }] },
    says: 'regular expression',
  },
  {
    rule: 'an anchor in a pattern of subjects',
    code: 'regex_for_glob',
    path: '/subjectPattern',
    bad: { subjectPattern: '^team:acme:*' },
    good: { subjectPattern: 'team:acme:*' },
    says: 'whole value',
  },
  {
    rule: 'a star in a value that is compared exactly',
    code: 'glob_in_exact_value',
    path: '/conditions/0',
    bad: { conditions: [{ claim: 'ref', equals: 'refs/heads/*' }] },
    good: { conditions: [{ claim: 'ref', equals: 'refs/heads/main' }] },
    says: 'Use matches',
  },
  {
    rule: 'a glob in an expression',
    code: 'glob_for_expression',
    path: '/cel',
    bad: { cel: 'claims.ref.matches("refs/heads/*")' },
    good: { cel: 'claims.ref.matches("^refs/heads/.*$")' },
    says: 'Write .*',
  },
  {
    rule: 'an expression that finds its pattern anywhere',
    code: 'expression_pattern_unanchored',
    path: '/cel',
    bad: { cel: 'claims.repository.matches("acme/.+")' },
    good: { cel: 'claims.repository.matches("^acme/.+$")' },
    says: 'anywhere',
  },
  {
    rule: 'a platform whose tokens live a day',
    code: 'lifetime_near_limit',
    path: '/issuer',
    bad: { issuer: eks, subject: 'x' },
    good: { issuer: kubernetes, subject: 'x' },
    says: '86400 s',
  },
  {
    rule: 'tokens that live as long as the job',
    code: 'lifetime_near_limit',
    path: '/issuer',
    bad: { issuer: gitlab, subject: 'project_path:a/b:ref_type:branch:ref:c', conditions: [byProject] },
    good: { issuer: github, subject: 'repo:a@1/b@2:ref:refs/heads/c' },
    says: 'timeout',
  },
  {
    rule: 'an issuer without the slash its platform writes',
    code: 'issuer_spelling',
    path: '/issuer',
    bad: { issuer: 'https://sts.windows.net/11111111-2222-3333-4444-555555555555' },
    good: { issuer: 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/' },
    says: 'slash',
  },
];

describe('lint: each finding, and the same registration without the defect', () => {
  it.each(cases)('$code: $rule', ({ code, path, bad, good, says }) => {
    const found = lint(bad).filter((warning) => warning.code === code);
    expect(found).toHaveLength(1);
    expect(found[0]?.path).toBe(`/federations/0${path}`);
    expect(found[0]?.message).toContain(says);
    expect(found[0]?.message).toMatch(/^[A-Z].*\.$/);
    expect(codes(good)).not.toContain(code);
  });

  it('every code has a case', () => {
    const known: Record<WarningCode, string> = {
      condition_never_holds: 'table',
      expression_pattern_unanchored: 'table',
      glob_for_expression: 'table',
      glob_in_exact_value: 'table',
      issuer_spelling: 'table',
      lifetime_near_limit: 'table',
      pattern_wider_than_it_seems: 'table',
      recycled_name: 'table',
      regex_for_glob: 'table',
      shared_issuer_unpinned: 'table',
      overlap: 'below',
      keys_from_elsewhere: 'below',
      lifetime_over_limit: 'proposals',
    };
    const inTable = Object.entries(known).flatMap(([code, where]) => (where === 'table' ? [code] : []));
    expect([...new Set(cases.map(({ code }) => code))].toSorted()).toEqual(inTable.toSorted());
  });

  it.each([
    ['an exact subject of an issuer nobody knows', {}],
    ['Google, whose subjects are ids', { issuer: google, subject: '117234567890123456789' }],
    [
      'a SPIFFE path, whose star stands for whole segments',
      { issuer: 'spiffe://example.org', subjectPattern: 'spiffe://example.org/ns/payments/*' },
    ],
    [
      'GitHub, by ids and an environment',
      { issuer: github, subject: 'repo:acme/payments:environment:production', conditions: [byOwner] },
    ],
    ['CircleCI, all of whose names are ids', { issuer: circleci, subject: 'org/1/project/2/user/3' }],
    [
      'a pattern with dots, and a value with brackets',
      {
        conditions: [
          { claim: 'host', matches: '*.example.com' },
          { claim: 'uuid', equals: '{1-2}' },
        ],
      },
    ],
  ] as const)('nothing is said about %s', (_what, changes) => {
    expect(lint(changes as Partial<Federation>)).toEqual([]);
  });

  it.each([[azure], [terraform]])('%s is near the limit', (issuer) => {
    expect(codes({ issuer })).toContain('lifetime_near_limit');
  });

  it.each([
    ['^acme/.+', true],
    ['acme/.+$', true],
    ['acme/.+', true],
    ['^acme/.+$', false],
    ['(?i)^acme/.+$', false],
    [String.raw`\\Aacme/.+\\z`, false],
  ])('an expression that looks for %s is open: %s', (pattern, isOpen) => {
    expect(codes({ cel: `claims.repository.matches("${pattern}")` })).toEqual(
      isOpen ? ['expression_pattern_unanchored'] : [],
    );
  });

  it('points into the federation it is about, and stays bounded', () => {
    const many = Array.from({ length: 60 }, () =>
      federation({ conditions: [{ claim: 'ref', equals: 'refs/heads/*' }] }),
    );
    const found = lintFederations(many, { presets, others: [] });
    expect(found).toHaveLength(50);
    expect(found[7]?.path).toBe('/federations/7/conditions/0');
  });
});

describe('overlap with another account', () => {
  const other = (changes: Partial<Federation>, account: Partial<OtherAccount> = {}): OtherAccount => ({
    name: 'other',
    status: 'enabled',
    federations: [federation(changes)],
    ...account,
  });

  it.each([
    ['literal in pattern', { subject: 'team:acme:api' }, other({ subjectPattern: 'team:acme:*' })],
    ['pattern over literal', { subjectPattern: 'team:acme:*' }, other({ subject: 'team:acme:api' })],
    ['pattern in pattern', { subjectPattern: 'team:acme:*' }, other({ subjectPattern: 'team:acme:api:*' })],
    [
      'the same subject under other conditions that agree',
      { conditions: [{ claim: 'a', equals: 'x' }] },
      other({ conditions: [{ claim: 'b', equals: 'y' }] }),
    ],
    [
      'two audiences where both take more',
      { allowAdditionalAudiences: true },
      other({ audience: 'second', allowAdditionalAudiences: true }),
    ],
  ] as const)('ST-33 %s', (_what, changes, rival) => {
    const [found, ...more] = lint(changes as Partial<Federation>, [rival]).filter(
      ({ code }) => code === 'overlap',
    );
    expect(more).toEqual([]);
    expect(found?.message).toContain('"other"');
    expect(found?.message).toContain('client_id');
  });

  it.each([
    ['another issuer', {}, other({ issuer: `${unknown}/` })],
    ['another subject', { subject: 'a' }, other({ subject: 'b' })],
    ['a pattern beside it', { subjectPattern: 'team:acme:*' }, other({ subjectPattern: 'team:evil:*' })],
    ['another audience', {}, other({ audience: 'second' })],
    [
      'another audience where one alone takes more',
      { allowAdditionalAudiences: true },
      other({ audience: 'second' }),
    ],
    [
      'conditions that exclude each other',
      { conditions: [{ claim: 'env', equals: 'a' }] },
      other({ conditions: [{ claim: 'env', oneOf: ['b', 'c'] }] }),
    ],
    ['a disabled account', {}, other({}, { status: 'disabled' })],
    ['an expression, of which nobody can say', {}, other({ cel: 'claims.a == "b"' })],
  ] as const)('ST-33 nothing is said about %s', (_what, changes, rival) => {
    expect(codes(changes as Partial<Federation>, [rival])).not.toContain('overlap');
  });

  it('names three and counts the rest', () => {
    const rivals = Array.from({ length: 5 }, (_, index) => other({}, { name: `rival-${index}` }));
    const message = lint({}, rivals).find(({ code }) => code === 'overlap')?.message ?? '';
    expect(message).toContain('"rival-2"');
    expect(message).not.toContain('"rival-3"');
    expect(message).toContain('and 2 more');
  });

  it('two federations of one account are fine', () => {
    const twice = [federation({ subjectPattern: 'team:acme:*' }), federation({ subject: 'team:acme:api' })];
    expect(lintFederations(twice, { presets, others: [] })).toEqual([]);
  });

  it('A98 hostile patterns and conditions use their budget up, and then nothing more is found', () => {
    const hostile = `team:acme:*${'a'.repeat(400)}:*${'a'.repeat(60)}`;
    const patterns = Array.from({ length: 500 }, (_, index) =>
      other({ subjectPattern: hostile }, { name: `n${index}` }),
    );
    const mine = Array.from({ length: 50 }, () => federation({ subjectPattern: hostile }));
    expect(lintFederations(mine, { presets, others: patterns })).toHaveLength(50);

    const oneOf = Array.from({ length: 100 }, (_, index) => `value-${index}`);
    const conditions = Array.from({ length: 20 }, () => ({ claim: 'x', oneOf }));
    const found = lintFederations([federation({ conditions })], {
      presets,
      others: [other({ conditions }), ...patterns],
    });
    expect(found).toEqual([]);
    // Positive control: the same with fewer values is found.
    const few = conditions.slice(0, 2);
    expect(codes({ conditions: few }, [other({ conditions: few })])).toEqual(['overlap']);
  });
});

describe('lint of a trusted issuer', () => {
  const jwksUri = 'https://token.actions.githubusercontent.com/.well-known/jwks';
  it('keys of a known platform from elsewhere are said', () => {
    const lintKeys = (uri: string | null) => lintTrustedIssuer({ issuer: github, jwksUri: uri }, presets);
    expect(lintKeys('https://mirror.example.com/jwks')).toMatchObject([
      { code: 'keys_from_elsewhere', path: '/jwksUri', message: expect.stringContaining(jwksUri) },
    ]);
    expect(lintKeys(jwksUri)).toEqual([]);
    expect(lintKeys(null)).toEqual([]);
  });
  it('and what is said of its issuer', () => {
    expect(lintTrustedIssuer({ issuer: eks, jwksUri: null }, presets)).toMatchObject([
      { code: 'lifetime_near_limit', path: '/issuer' },
    ]);
    expect(lintTrustedIssuer({ issuer: unknown, jwksUri: 'https://x.example.org' }, presets)).toEqual([]);
  });
});
