import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSpiffeIdProblem, isPathSegment, parseSpiffeId } from '../../../src/core/spiffe/spiffe-id.ts';
import { readSpiffeId } from '../../support/read-spiffe-id.ts';

const ofLength = (length: number): string => `spiffe://td/${'a'.repeat(length - 'spiffe://td/'.length)}`;

describe('parseSpiffeId takes', () => {
  it.each([
    ['SV-01 a path', 'spiffe://example.org/a', 'example.org', '/a'],
    ['SV-01 a trust domain alone', 'spiffe://example.org', 'example.org', ''],
    ['SV-02 every character of a trust domain', 'spiffe://td_1.example-x.org/a', 'td_1.example-x.org', '/a'],
    ['SV-02 a dotted quad', 'spiffe://10.2.3.4/a', '10.2.3.4', '/a'],
    ['SV-02 255 bytes of trust domain', `spiffe://${'a'.repeat(255)}/a`, 'a'.repeat(255), '/a'],
    ['SV-03 a path in any case', 'spiffe://td/ns/Prod/sa/API_1.2-x', 'td', '/ns/Prod/sa/API_1.2-x'],
    ['SV-03 three dots', 'spiffe://td/...', 'td', '/...'],
    ['SV-04 2048 bytes', ofLength(2048), 'td', ofLength(2048).slice('spiffe://td'.length)],
  ])('%s', (_title, text, trustDomain, path) => {
    expect(parseSpiffeId(text)).toEqual({ ok: true, value: { trustDomain, path } });
  });
});

describe('parseSpiffeId refuses, and says where', () => {
  it.each([
    ['SV-01 another scheme', 'http://td/a', 0],
    ['SV-01 no trust domain', 'spiffe:///a', 9],
    ['SV-01 nothing', '', 0],
    ['SV-01 the scheme alone', 'spiffe://', 9],
    ['SV-01 a query', 'spiffe://td/a?x', 13],
    ['SV-01 a fragment', 'spiffe://td/a#x', 13],
    ['SV-01 a query of the trust domain', 'spiffe://td?x', 11],
    ['SV-02 upper case', 'spiffe://tD/a', 10],
    ['SV-02 a user', 'spiffe://user@td/a', 13],
    ['SV-02 a port', 'spiffe://td:443/a', 11],
    ['SV-02 an escape', 'spiffe://%41/a', 9],
    ['SV-02 an IPv6 address', 'spiffe://[::1]/a', 9],
    ['SV-02 256 bytes of trust domain', `spiffe://${'a'.repeat(256)}/a`, 9],
    ['SV-03 an empty segment', 'spiffe://td/a//b', 14],
    ['SV-03 a slash at the end', 'spiffe://td/a/', 14],
    ['SV-03 a slash alone', 'spiffe://td/', 12],
    ['SV-03 one dot', 'spiffe://td/./a', 12],
    ['SV-03 two dots', 'spiffe://td/a/../b', 14],
    ['SV-03 an escape', 'spiffe://td/a%2Fb', 13],
    ['SV-03 a letter that is not ASCII', 'spiffe://td/ä', 12],
    ['SV-03 a space', 'spiffe://td/a b', 13],
    ['SV-03 a colon', 'spiffe://td/a:b', 13],
    ['SV-04 2049 bytes', ofLength(2049), 2048],
    ['SV-05 the scheme in upper case', 'SPIFFE://td/a', 0],
    ['SV-05 a trust domain in upper case', 'spiffe://TD/a', 9],
    ['SV-03 a line end', 'spiffe://td/a\n', 13],
  ])('%s', (_title, text, position) => {
    expect(parseSpiffeId(text)).toMatchObject({ ok: false });
    expect(findSpiffeIdProblem(text)?.position).toBe(position);
  });
});

describe('parseSpiffeId agrees with a slow reading of the grammar', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'spiffe://',
      'spiffe:/',
      'td',
      'example.org',
      '/',
      '//',
      '.',
      '..',
      '...',
      '/a',
      'A',
      '_',
      '-',
      '%2e',
      ':',
      '?',
      '#',
      ' ',
      'ä',
      '\n',
      '\u0000',
      'x'.repeat(250),
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const nearlyGood = fc
    .tuple(fc.constantFrom('spiffe://td', 'spiffe://', ''), fc.array(piece, { maxLength: 12 }))
    .map(([start, pieces]) => start + pieces.join(''));

  it('SV-01 SV-02 SV-03 SV-04 SV-05 for texts that are nearly SPIFFE IDs', () => {
    let good = 0;
    fc.assert(
      fc.property(nearlyGood, (text) => {
        const quick = parseSpiffeId(text);
        const slow = readSpiffeId(text);
        expect(quick.ok).toBe('trustDomain' in slow);
        if (!quick.ok || !('trustDomain' in slow)) return;
        good += 1;
        expect(quick.value.trustDomain).toBe(slow.trustDomain);
        expect(quick.value.path.split('/').slice(1)).toEqual(slow.segments);
      }),
      { numRuns: 20_000 },
    );
    expect(good).toBeGreaterThan(500);
  });

  it('SV-03 A75 for each single code point of a segment and of a trust domain', () => {
    for (let code = 0; code < 0x3000; code += 1) {
      const character = String.fromCodePoint(code);
      const slow = (text: string): boolean => 'trustDomain' in readSpiffeId(text);
      expect([code, isPathSegment(`a${character}`)]).toEqual([
        code,
        slow(`spiffe://td/a${character}`) && character !== '/',
      ]);
      expect([code, parseSpiffeId(`spiffe://t${character}/a`).ok]).toEqual([
        code,
        slow(`spiffe://t${character}/a`),
      ]);
    }
  });
});
