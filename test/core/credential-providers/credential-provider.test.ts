import { describe, expect, it } from 'vitest';
import { chooseProvider } from '../../../src/core/credential-providers/choose-provider.ts';
import type { CustomClaim } from '../../../src/core/credential-providers/credential-provider.ts';
import {
  type CredentialProviderInput,
  parseCredentialProvider,
  protectedClaims,
} from '../../../src/core/credential-providers/parse-credential-provider.ts';
import { readyProvider, requireUsable } from '../../../src/core/credential-providers/ready-provider.ts';
import { contractExample, payload, providerWorld, sampleProvider } from '../../support/svid-samples.ts';
import { expectGranted, expectRefused } from '../../support/verdicts.ts';

const problemsOf = (changes: Partial<CredentialProviderInput>, world = providerWorld) => {
  const parsed = parseCredentialProvider({ ...contractExample, ...changes }, world);
  return parsed.ok ? [] : parsed.error;
};
const dynamic = (value: string) => ({ subject: { type: 'dynamic', value } }) as const;
const claim = (
  name: string,
  value: CustomClaim['value'] = 'x',
): { readonly claims: readonly CustomClaim[] } => ({
  claims: [{ name, type: 'literal', value }],
});

describe('parseCredentialProvider', () => {
  it('takes the example of the contract, and the first domain of a tenant that has none', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({}, { ...providerWorld, trustDomain: null })).toEqual([]);
  });

  const name = payload('namespace');
  it.each<readonly [string, Partial<CredentialProviderInput>, string, number | null]>([
    ['A77 an unknown variable', dynamic('spiffe://example.com/${nope}'), '/subject/value', 21],
    ['A77 an unclosed brace', dynamic('spiffe://example.com/ns/${namespace'), '/subject/value', 24],
    ['A81 another trust domain', dynamic(`spiffe://other.example/${name}`), '/subject/value', 9],
    ['A81 our trust domain in upper case', dynamic(`spiffe://EXAMPLE.com/${name}`), '/subject/value', 9],
    ['A81 a variable for a trust domain', dynamic(`spiffe://${name}/a`), '/subject/value', 9],
    [
      'A81 a variable beside the trust domain',
      dynamic(`spiffe://example.com${name}/a`),
      '/subject/value',
      20,
    ],
    ['A81 a variable for the whole', dynamic(name), '/subject/value', 0],
    ['A81 a variable for the scheme', dynamic(`${name}://example.com/a`), '/subject/value', 0],
    ['SV-01 another scheme', dynamic(`https://example.com/${name}`), '/subject/value', 0],
    ['SV-03 a segment that is empty', dynamic(`spiffe://example.com//${name}`), '/subject/value', 21],
    [
      'SV-03 a slash at the end',
      dynamic(`spiffe://example.com/${name}/`),
      '/subject/value',
      22 + name.length,
    ],
    [
      'SV-03 a bad character after a variable',
      dynamic(`spiffe://example.com/${name}/a:b`),
      '/subject/value',
      23 + name.length,
    ],
    ['SV-03 an escape', dynamic('spiffe://example.com/a%2Fb'), '/subject/value', 22],
    ['SV-11 a trust domain alone', dynamic('spiffe://example.com'), '/subject/value', 20],
    [
      'A79 variables that touch',
      dynamic(`spiffe://example.com/${name}\${region}`),
      '/subject/value',
      21 + name.length,
    ],
    [
      'A75 an unused escape of a brace',
      { subject: { type: 'literal', value: 'spiffe://example.com/${namespace}' } },
      '/subject/value',
      21,
    ],
    [
      'A77 an unknown variable in a claim',
      { claims: [{ name: 'x', type: 'dynamic', value: 'a ${nope}' }] },
      '/claims/0/value',
      2,
    ],
    [
      'A77 an unclosed brace in a claim',
      { claims: [{ name: 'x', type: 'dynamic', value: '${region' }] },
      '/claims/0/value',
      0,
    ],
    [
      'an environment name nobody listed',
      { claims: [{ name: 'x', type: 'dynamic', value: '${os.environment.HOME}' }] },
      '/claims/0/value',
      0,
    ],
    [
      'an account that does not exist',
      { serviceAccounts: ['account-1', 'nobody'] },
      '/serviceAccounts/1',
      null,
    ],
    ['an account twice', { serviceAccounts: ['account-1', 'account-1'] }, '/serviceAccounts/1', null],
    ['SV-13 a life of 0 min', { lifetimeMinutes: 0 }, '/lifetimeMinutes', null],
    ['SV-13 a life of 61 min', { lifetimeMinutes: 61 }, '/lifetimeMinutes', null],
    ['SV-13 a life of 1.5 min', { lifetimeMinutes: 1.5 }, '/lifetimeMinutes', null],
    ['SV-12 no audience', { audience: '' }, '/audience', null],
    ['SV-12 an audience with a space', { audience: 'a b' }, '/audience', null],
    ['SV-12 everybody', { audience: '*' }, '/audience', null],
    ['SV-12 a whole trust domain', { audience: 'spiffe://example.com' }, '/audience', null],
    ['SV-12 a whole trust domain with a slash', { audience: 'spiffe://example.com/' }, '/audience', null],
    ['SV-12 a whole trust domain in upper case', { audience: 'SPIFFE://example.com/' }, '/audience', null],
    ['an empty name', { name: '' }, '/name', null],
    ['a resource set with a space', { resourceSet: 'a b' }, '/resourceSet', null],
    ['a claim without a name', claim(''), '/claims/0/name', null],
    ['a claim with a space in its name', claim('a b'), '/claims/0/name', null],
    ['A77 a claim __proto__', claim('__proto__'), '/claims/0/name', null],
    ['a claim twice', { claims: [...claim('x').claims, ...claim('x').claims] }, '/claims/1/name', null],
    [
      '51 claims',
      {
        claims: Array.from(
          { length: 51 },
          (_unused, index) => ({ name: `c${index}`, type: 'literal', value: 1 }) as const,
        ),
      },
      '/claims',
      null,
    ],
  ])('%s: refused at its place, with what to do', (_title, changes, path, position) => {
    const problems = problemsOf(changes);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.message).toMatch(
      position === null ? /^.{12,}\.$/s : new RegExp(`^At position ${position}: .{12,}\\.$`, 's'),
    );
  });

  const names = [...protectedClaims];
  it('A76 protects exactly these', () => {
    expect(names.toSorted()).toEqual(
      ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'cnf', 'act', 'scope', 'client_id'].toSorted(),
    );
  });
  it.each(
    names.flatMap((each) => [each, each.toUpperCase(), `${each.slice(0, 1).toUpperCase()}${each.slice(1)}`]),
  )('A76 %s cannot be a claim of a provider', (each) => {
    for (const claims of [claim(each).claims, [{ name: each, type: 'dynamic', value: '${region}' }]] as const)
      expect(problemsOf({ claims }).map(({ path }) => path)).toEqual(['/claims/0/name']);
  });
  it('A76 an escape in JSON is the letter it stands for', () => {
    expect(problemsOf(claim(JSON.parse('"su\\u0062"') as string))).toHaveLength(1);
  });
  it.each(['sub2', 'subject', 'constructor', 'https://example.com/claim', 'role'])('A76 %s can', (each) => {
    expect(problemsOf(claim(each))).toEqual([]);
  });

  it.each([2 ** 53, -(2 ** 53), 1e21, 1e308, Infinity])(
    'A78 a literal %d that would leave as another number',
    (value) => {
      expect(problemsOf(claim('x', value))).toMatchObject([
        { path: '/claims/0/value', message: expect.stringContaining('Write it as a string') },
      ]);
    },
  );
  it.each([2 ** 53 - 1, -(2 ** 53 - 1), 1.5, 0, 1e-300])('A78 a literal %d is good', (value) => {
    expect(problemsOf(claim('x', value))).toEqual([]);
  });

  it('says every problem at once', () => {
    const problems = problemsOf({
      name: '',
      lifetimeMinutes: 0,
      audience: '',
      ...dynamic('${'),
      ...claim('sub'),
    });
    expect(problems.map(({ path }) => path)).toEqual([
      '/name',
      '/subject/value',
      '/audience',
      '/lifetimeMinutes',
      '/claims/0/name',
    ]);
  });
  it('SV-12 a service of a trust domain is an audience', () => {
    expect(problemsOf({ audience: 'spiffe://example.com/ns/prod/sa/api' })).toEqual([]);
  });
});

describe('chooseProvider', () => {
  const a = { provider: { name: 'a', audience: 'x' } };
  const b = { provider: { name: 'b', audience: 'y' } };
  const alsoB = { provider: { name: 'c', audience: 'y' } };
  const bound = [a, b, alsoB];
  it.each([
    ['by name', 'a', null, a],
    ['by audience', null, 'x', a],
    ['by both', 'b', 'y', b],
    ['by name where two have the audience', 'c', 'y', alsoB],
  ])('A80 finds one %s', (_title, provider, audience, expected) => {
    expect(expectGranted(chooseProvider(bound, { provider, audience }))).toBe(expected);
  });
  it.each([
    ['an unknown name', 'nobody', null, 'credential_provider_unknown', 'request.credential_provider'],
    ['a name in another case', 'A', null, 'credential_provider_unknown', 'request.credential_provider'],
    ['an audience of none', null, 'z', 'target_not_allowed', 'request.audience'],
    ['SV-12 a name with the audience of another', 'a', 'y', 'target_not_allowed', 'request.audience'],
    ['an audience of two', null, 'y', 'credential_provider_ambiguous', 'request.credential_provider'],
  ] as const)('A80 refuses %s', (_title, provider, audience, reason, check) => {
    expect(expectRefused(chooseProvider(bound, { provider, audience }), reason, check).hint).toContain(
      'a for x',
    );
  });
  it('A80 says where an account is bound to none, and not all where it is bound to many', () => {
    const none = chooseProvider([], { provider: 'a', audience: null });
    expect(expectRefused(none, 'credential_provider_unknown', 'request.credential_provider').hint).toContain(
      'none',
    );
    const many = Array.from({ length: 100 }, () => a);
    const refused = chooseProvider(many, { provider: 'b', audience: null });
    expect(expectRefused(refused, 'credential_provider_unknown', 'request.credential_provider').hint).toMatch(
      / and 95 more\.$/,
    );
  });
});

describe('requireUsable', () => {
  const names = new Set(['CLUSTER_NAME']);
  it('gives one that can be read', () => {
    const usable = expectGranted(requireUsable(readyProvider(sampleProvider(), names), 'example.com'));
    expect(usable.compiled.subject.trustDomain).toBe('example.com');
  });
  it('refuses one whose environment name was taken away, with the place', () => {
    const ready = readyProvider(sampleProvider(), new Set());
    const failure = expectRefused(
      requireUsable(ready, 'example.com'),
      'credential_provider_unusable',
      'request.credential_provider',
    );
    expect(failure.hint).toMatch(/^\/claims\/1\/value: At position 0: .*BUREAU_TEMPLATE_ENV/);
  });
  it.each(['other.example', null])(
    'A81 refuses one of another trust domain than the tenant has, %s',
    (trustDomain) => {
      expectRefused(
        requireUsable(readyProvider(sampleProvider(), names), trustDomain),
        'credential_provider_unusable',
        'request.credential_provider',
      );
    },
  );
});
