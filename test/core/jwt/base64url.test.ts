import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64Url,
  decodeStepByStep,
  decodeUtf8,
  encodeBase64Url,
} from '../../../src/core/jwt/base64url.ts';

describe('base64url', () => {
  it('ST-02 any bytes have one spelling, and it is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64url');
        expect(encodeBase64Url(bytes)).toBe(text);
        expect(decodeBase64Url(text)).toEqual(bytes);
      }),
    );
  });

  it('is read alike where the one function for it is not there yet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeStepByStep(encodeBase64Url(bytes))).toEqual(bytes);
      }),
    );
    for (const text of ['Q+JD', 'Q/JD', 'QUJ\u0100', 'Q', 'Q!JD'])
      expect(() => decodeStepByStep(text)).toThrow(Error);
  });

  it('ST-01 ST-02 A18 any text is read as Node would only if Node would write it so', () => {
    const alphabet = fc.constantFrom(...Array.from('AQgwBCDz059-_+/= \t\n\r\f.é\0'));
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
        const bytes = Buffer.from(text, 'base64url');
        const isCanonical = bytes.toString('base64url') === text;
        expect(decodeBase64Url(text)).toEqual(isCanonical ? new Uint8Array(bytes) : null);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    'QQ==',
    'QUI=',
    'QR',
    'QUJ',
    'Q',
    'QUJD\n',
    ' QUJD',
    'QU JD',
    'Q+JD',
    'Q/JD',
    'QUJ\u0100',
    'QUJD=',
  ])('ST-02 A18 %j is no canonical spelling', (text) => {
    expect(decodeBase64Url(text)).toBeNull();
  });
});

describe('UTF-8', () => {
  it('A34 any well-formed text is read back, a byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeUtf8(Buffer.from(text))).toBe(text);
        expect(decodeUtf8(Buffer.from(`\uFEFF${text}`))).toBe(`\uFEFF${text}`);
      }),
    );
  });

  it.each<[string, number[]]>([
    ['a stray continuation byte', [0x80]],
    ['a sequence cut short', [0x61, 0xc3]],
    ['an overlong solidus', [0xc0, 0xaf]],
    ['an overlong NUL', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
  ])('A34 %s is no UTF-8', (_, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeNull();
  });
});
