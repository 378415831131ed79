import { describe, expect, it } from 'vitest';
import { keepDashedKeys } from '../../src/cli/dashed-keys.ts';

const key = `-${'aB3_-'.repeat(8)}xy`;
const takesValue = (word: string): boolean => word === '--token-hash';
const doubly = `--${'aB3_-'.repeat(8)}x`;

describe('keepDashedKeys: names of keys that begin like an option', () => {
  it.each([
    ['last', ['keys', 'disable', 'rotating', key], ['keys', 'disable', 'rotating', '--', key]],
    [
      'before options',
      ['keys', 'disable', 'rotating', key, '--json'],
      ['keys', 'disable', 'rotating', '--json', '--', key],
    ],
    [
      'after an option that takes no value',
      ['keys', 'disable', 'rotating', '--json', key],
      ['keys', 'disable', 'rotating', '--json', '--', key],
    ],
    ['two dashes', ['keys', 'disable', 'rotating', doubly], ['keys', 'disable', 'rotating', '--', doubly]],
  ])('%s', (_name, args, expected) => {
    expect(key).toHaveLength(43);
    expect(keepDashedKeys(args, takesValue)).toEqual(expected);
  });

  it.each([
    ['the value of an option', ['activities', 'list', '--token-hash', key]],
    ['behind dashes that are there', ['keys', 'disable', 'rotating', '--', key]],
    ['a key without a dash', ['keys', 'disable', 'rotating', `a${key.slice(1)}`]],
    ['one character less', ['keys', 'disable', 'rotating', key.slice(0, -1)]],
    ['one character more', ['keys', 'disable', 'rotating', `${key}a`]],
    ['options', ['token', '-v', '--audience', 'https://api.example.com']],
    ['nothing but a key', [key]],
    ['nothing', []],
  ])('%s stays as it is', (_name, args) => {
    expect(keepDashedKeys(args, takesValue)).toEqual(args);
  });
});
