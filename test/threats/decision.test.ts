// Threats that the pure decision withstands, each with its positive control. The same rows over HTTP are elsewhere.
import { describe, expect, it } from 'vitest';
import { limitAuthorization } from '../../src/core/accounts/limit-authorization.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { parseFormParameters } from '../../src/core/oauth/form-parameters.ts';
import { parseScope } from '../../src/core/oauth/scope.ts';
import { knownParameters } from '../../src/core/oauth/vocabulary.ts';
import { compileFederation } from '../../src/core/trust/compile-federation.ts';
import { compileCel } from '../../src/core/trust/conditions/cel.ts';
import { decideTrust } from '../../src/core/trust/decide-trust.ts';
import type { Federation } from '../../src/core/trust/federation.ts';
import { buildFederationIndex } from '../../src/core/trust/federation-index.ts';
import { compilePattern } from '../../src/core/trust/pattern.ts';
import { federation, registered, serviceAccount, thirdPartyClaims } from '../support/registered.ts';
import { noBlocks } from '../../src/core/blocks/blocks.ts';

const decide = (registration: Partial<Federation>, token: Parameters<typeof thirdPartyClaims>[0]) => {
  const account = serviceAccount({ federations: [federation(registration)] });
  const verdict = decideTrust(
    buildFederationIndex([account], registered.issuer, noBlocks),
    thirdPartyClaims(token),
    null,
  );
  return verdict.ok ? 'granted' : verdict.reason;
};

const read = (body: string) => {
  const verdict = parseFormParameters(body);
  return verdict.ok ? 'read' : verdict.reason;
};

describe('A29 subject look-alikes', () => {
  const subject = 'repo:acme/caf\u00e9-file:K';

  it('control', () => {
    expect(decide({ subject }, { subject })).toBe('granted');
  });

  it.each([
    ['case', subject.toUpperCase()],
    ['leading space', ` ${subject}`],
    ['trailing space', `${subject} `],
    ['non-breaking space', `${subject}\u00a0`],
    ['zero-width space', `repo:\u200b${subject.slice(5)}`],
    ['byte order mark', `\ufeff${subject}`],
    ['NFD', subject.normalize('NFD')],
    ['NFKC ligature', subject.replace('fi', '\ufb01')],
    ['NFKC Kelvin sign', subject.replace('K', '\u212a')],
    ['homoglyph', subject.replace('a', '\u0430')],
    ['appended text', `${subject}x`],
    ['prepended text', `x${subject}`],
    ['shortened', subject.slice(0, -1)],
    ['star', '*'],
    ['star at the end', `${subject}*`],
    ['expression', '.*'],
    ['NUL and text after it', `${subject}\0x`],
    ['empty', ''],
  ])('%s', (_name, presented) => {
    expect(decide({ subject }, { subject: presented })).toBe('subject_not_registered');
  });
});

describe('A30 patterns', () => {
  it.each(['a|b', 'a)|(', '^a', 'a$', '(a+)+$', '.*', '[a-z]*x'])('%s means itself', (pattern) => {
    const compiled = compilePattern(pattern.replaceAll('*', ''));
    expect(compiled.ok && compiled.value(pattern.replaceAll('*', ''))).toBe(true);
    expect(compiled.ok && compiled.value('a')).toBe(false);
    expect(compiled.ok && compiled.value('b')).toBe(false);
    expect(compiled.ok && compiled.value('a'.repeat(4096))).toBe(false);
  });

  it('the same match 1,000 times is the same answer', () => {
    const compiled = compilePattern('repo:acme/*:ref:*');
    if (!compiled.ok) throw new Error(compiled.error);
    const answers = Array.from({ length: 1000 }, (_, index) =>
      compiled.value(index % 2 === 0 ? 'repo:acme/app:ref:main' : 'repo:acme-evil/app:ref:main'),
    );
    expect(answers.every((answer, index) => answer === (index % 2 === 0))).toBe(true);
  });

  it('the worst pattern against the longest value ends', () => {
    const part = 'a'.repeat(55);
    const compiled = compilePattern(`${Array.from({ length: 8 }, () => `*${part}`).join('')}b`);
    expect(compiled.ok && compiled.value('a'.repeat(16_384))).toBe(false);
    expect(compiled.ok && compiled.value(`${'a'.repeat(16_384)}b`)).toBe(true);
  });
});

describe('A31 a federation open to a whole issuer', () => {
  it('control', () => {
    expect(compileFederation(federation({ subjectPattern: 'repo:acme/*' })).ok).toBe(true);
  });

  it.each<[string, Partial<Federation>]>([
    ['no subject', { subject: null }],
    ['an empty subject', { subject: '' }],
    ['a bare star', { subjectPattern: '*' }],
    ['a star before everything', { subjectPattern: '*:acme' }],
    ['an unfinished first segment', { subjectPattern: 'repo*' }],
  ])('%s is refused at registration and matches nothing', (_name, registration) => {
    expect(compileFederation(federation(registration)).ok).toBe(false);
    expect(decide(registration, {})).not.toBe('granted');
    expect(decide(registration, { subject: '' })).not.toBe('granted');
  });

  it('a registered star stands for itself', () => {
    expect(decide({ subject: '*' }, {})).toBe('subject_not_registered');
  });
});

describe('A32 recycled names', () => {
  const conditions = [{ claim: 'repository_owner_id', equals: '8675309' }] as const;

  it.each<[string, JsonValue | undefined, string]>([
    ['control', '8675309', 'granted'],
    ['another owner', '8675310', 'condition_unmet'],
    ['claim absent', undefined, 'condition_unmet'],
    ['number against string', 8_675_309, 'condition_unmet'],
    ['list', ['8675309'], 'condition_unmet'],
    ['null', null, 'condition_unmet'],
    ['appended', '86753090', 'condition_unmet'],
  ])('%s', (_name, claim, expected) => {
    const claims = claim === undefined ? {} : { repository_owner_id: claim };
    expect(decide({ conditions }, { claims })).toBe(expected);
  });
});

describe('A44 widening through parameters', () => {
  const account = serviceAccount({ scopes: ['read'], audiences: ['https://api.example.com'] });
  const limit = (
    asked: { readonly scope?: string; readonly audience?: string; readonly resource?: string },
    strict = false,
  ) => {
    const verdict = limitAuthorization({
      account,
      issuer: registered.ownIssuer,
      strictScopes: strict,
      ...asked,
    });
    return verdict.ok ? verdict.value.scope.join(' ') : verdict.reason;
  };

  it('control', () => {
    expect(limit({ scope: 'read', audience: 'https://api.example.com' }, true)).toBe('read');
  });

  it.each([
    ['a scope that is not held is dropped', { scope: 'read admin' }, false, 'read'],
    ['a scope that is not held, strict', { scope: 'read admin' }, true, 'scope_not_held'],
    ['a scope twice', { scope: 'read read' }, true, 'read'],
    ['a tab', { scope: 'read\tadmin' }, false, 'scope_malformed'],
    ['upper case', { scope: 'READ' }, true, 'scope_not_held'],
    ['10,000 scopes', { scope: Array(10_000).fill('read').join(' ') }, false, 'scope_malformed'],
    ['an unknown audience', { audience: 'https://other.example.com' }, false, 'target_not_allowed'],
    ['an unknown resource', { resource: 'https://other.example.com' }, false, 'target_not_allowed'],
    [
      'the admin API without a role',
      { audience: `${registered.ownIssuer}/api/v1` },
      false,
      'target_not_allowed',
    ],
    ['a malformed resource', { resource: '/v1' }, false, 'target_malformed'],
  ])('%s', (_name, asked, strict, expected) => {
    expect(limit(asked, strict)).toBe(expected);
  });
});

describe('A82 repeated parameters', () => {
  it.each(knownParameters)('%s', (name) => {
    expect(read(`${name}=a`)).toBe('read');
    expect(read(`${name}=a&${name}=a`)).toBe('parameter_repeated');
    expect(read(`${name}=a&x=y&${name}=b`)).toBe('parameter_repeated');
    expect(read(`${name}=&${name}=b`)).toBe('parameter_repeated');
  });
});

describe('A83 structured parameter names', () => {
  it.each([
    'grant_type[]=a',
    'grant_type[0]=a',
    'a[b]=c',
    '__proto__=a',
    '__proto__[grant_type]=a',
    'constructor=a',
  ])('%s is a name like any other that we do not read', (body) => {
    const verdict = parseFormParameters(`${body}&scope=b`);
    expect(verdict.ok && [...verdict.value]).toEqual([['scope', 'b']]);
  });

  it('100,000 names are refused', () => {
    expect(read(Array.from({ length: 40 }, (_, index) => `n${index}=`).join('&'))).toBe('read');
    expect(read(Array.from({ length: 100_000 }, (_, index) => `n${index}=`).join('&'))).toBe(
      'parameters_too_many',
    );
    expect(read('&'.repeat(65_536))).toBe('read');
  });
});

describe('A87 percent-encoding', () => {
  it.each([
    ['scope=%7A%7A', 'read'],
    ['scope=%zz', 'body_malformed'],
    ['scope=%ff', 'body_malformed'],
    ['scope=%00', 'body_malformed'],
    ['scope=%', 'body_malformed'],
    ['other=%zz', 'body_malformed'],
    ['%zz=other', 'body_malformed'],
    ['scope=+', 'read'],
  ])('%s: %s', (body, expected) => {
    expect(read(body)).toBe(expected);
  });

  it('a lone plus is a space, which no scope is', () => {
    expect(parseScope(' ').ok).toBe(false);
  });
});

describe('A98 60 KB in every field', () => {
  const long = 60 * 1024;

  it.each(['a', '/', '.', ' ', ':', '@1', '*', '%', 'é', '\u200b'])('of %j ends with a refusal', (filler) => {
    const text = filler.repeat(Math.floor(long / filler.length));
    expect(parseScope(text).ok).toBe(false);
    expect(compilePattern(text).ok).toBe(false);
    expect(compileCel(text).ok).toBe(false);
    expect(compileFederation(federation({ subject: null, subjectPattern: text })).ok).toBe(false);
    expect(decide({}, { subject: text, audiences: [text] })).toBe('subject_not_registered');
    expect(decide({ subjectPattern: 'repo:acme/*' }, { subject: `repo:acme${text}` })).toMatch(
      /granted|subject_not/,
    );
    expect(decide({ conditions: [{ claim: 'c', matches: 'x*y*z' }] }, { claims: { c: text } })).toBe(
      'condition_unmet',
    );
    const account = serviceAccount();
    const asked = { account, issuer: registered.ownIssuer, strictScopes: false };
    expect(limitAuthorization({ ...asked, resource: text }).ok).toBe(false);
    expect(limitAuthorization({ ...asked, audience: text }).ok).toBe(false);
  });

  it('control', () => {
    expect(decide({}, {})).toBe('granted');
  });
});
