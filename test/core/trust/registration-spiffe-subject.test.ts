import { describe, expect, it } from 'vitest';
import { buildFederationIndex } from '../../../src/core/trust/federation-index.ts';
import { checkSpiffeSubject } from '../../../src/core/trust/registration-spiffe-subject.ts';
import { refuseTrustDomainIssuer, trustDomainOf } from '../../../src/core/trust/trust-domain.ts';
import { federation, serviceAccount } from '../../support/registered.ts';
import { noBlocks } from '../../../src/core/blocks/blocks.ts';

const td = 'td.example';
const paths = (subject: string | null, subjectPattern: string | null = null): readonly string[] =>
  checkSpiffeSubject({ subject, subjectPattern }, td).map(({ path }) => path);

describe('CA-22 the subject of a federation on a trust domain', () => {
  it.each([
    'spiffe://td.example/app',
    'spiffe://td.example/app/1',
    'spiffe://td.example/...',
    'spiffe://td.example/A_b-c.d',
  ])('CA-22 exact: %s', (subject) => expect(paths(subject)).toEqual([]));
  it.each([
    ['missing', null],
    ['empty', ''],
    ['the bare trust domain', 'spiffe://td.example'],
    ['the bare trust domain with a slash', 'spiffe://td.example/'],
    ['another trust domain', 'spiffe://other.example/app'],
    ['one that begins like it', 'spiffe://td.example.evil/app'],
    ['one below it', 'spiffe://sub.td.example/app'],
    ['upper case', 'spiffe://TD.example/app'],
    ['an upper-case scheme', 'SPIFFE://td.example/app'],
    ['a trailing slash', 'spiffe://td.example/app/'],
    ['a dot segment', 'spiffe://td.example/a/../b'],
    ['an escape', 'spiffe://td.example/a%2fb'],
    ['a query', 'spiffe://td.example/a?b'],
    ['a port', 'spiffe://td.example:443/a'],
    ['a star', 'spiffe://td.example/app/*'],
    ['a URL', 'https://td.example/app'],
    ['2049 bytes', `spiffe://td.example/${'a'.repeat(2029)}`],
  ])('CA-22 not: %s', (_what, subject) => expect(paths(subject)).toEqual(['/subject']));

  it.each(['spiffe://td.example/app/*', 'spiffe://td.example/ns/payments/sa/*'])(
    'CA-22 pattern: %s',
    (pattern) => expect(paths(null, pattern)).toEqual([]),
  );
  it.each([
    ['no star', 'spiffe://td.example/app'],
    ['a star alone', '*'],
    ['a star after part of a segment', 'spiffe://td.example/app*'],
    ['a star within', 'spiffe://td.example/*/app'],
    ['two stars', 'spiffe://td.example/*/app/*'],
    ['a double star', 'spiffe://td.example/app/**'],
    ['a star for the trust domain', 'spiffe://*/app/*'],
    ['the whole trust domain', 'spiffe://td.example/*'],
    ['every trust domain', 'spiffe://*'],
    ['another trust domain', 'spiffe://other.example/app/*'],
    ['a dot segment', 'spiffe://td.example/../*'],
    ['an empty segment', 'spiffe://td.example/app//*'],
  ])('CA-22 not a pattern: %s', (_what, pattern) =>
    expect(paths(null, pattern)).toEqual(['/subjectPattern']),
  );
  it('either, not both', () =>
    expect(paths('spiffe://td.example/a', 'spiffe://td.example/a/*')).toEqual(['/subjectPattern']));

  it.each([
    ['spiffe://td.example/app/1', true],
    ['spiffe://td.example/app/1/2', true],
    ['spiffe://td.example/app1', false],
    ['spiffe://td.example/app', false],
    ['spiffe://td.example/App/1', false],
    ['spiffe://other.example/app/1', false],
  ])('CA-22 spiffe://td.example/app/* and %s: %s', (subject, covered) => {
    const issuer = 'spiffe://td.example';
    const account = serviceAccount({
      federations: [federation({ issuer, subjectPattern: 'spiffe://td.example/app/*' })],
    });
    expect(buildFederationIndex([account], issuer, noBlocks).covering(subject)).toHaveLength(covered ? 1 : 0);
  });
});

describe('SV-05 the name of a trust domain as an issuer', () => {
  it.each(['td', 'td.example', 'td_1.example-x.org', '127.0.0.1', 'a'.repeat(255)])('SV-05 %s', (name) => {
    expect(trustDomainOf(`spiffe://${name}`)).toBe(name);
    expect(refuseTrustDomainIssuer(`spiffe://${name}`)).toBeNull();
  });
  it.each([
    'spiffe://',
    'spiffe://TD.example',
    'SPIFFE://td.example',
    'spiffe:td.example',
    'spiffe:/td.example',
    'spiffe://td.example/',
    'spiffe://td.example/a',
    'spiffe://td.example:443',
    'spiffe://user@td.example',
    'spiffe://td.example?x',
    'spiffe://td.example#x',
    'spiffe://td%2eexample',
    'spiffe://[::1]',
    'spiffe://tд.example',
    ' spiffe://td.example',
    `spiffe://${'a'.repeat(256)}`,
    'https://td.example',
  ])('SV-05 not %s', (issuer) => {
    expect(trustDomainOf(issuer)).toBeNull();
    expect(refuseTrustDomainIssuer(issuer)).toMatch(/\.$/);
  });
});
