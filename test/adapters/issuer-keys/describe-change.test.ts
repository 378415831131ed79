import { expect, it } from 'vitest';
import { describeChange, type FoundKeySet } from '../../../src/adapters/issuer-keys/describe-change.ts';

/** Each key as `kid` and thumbprint. */
const found = (keys: readonly (readonly [string, string])[], host = 'keys.example'): FoundKeySet => ({
  set: {
    keys: keys.map(([kid, thumbprint]) => ({
      kty: 'EC',
      crv: 'P-256',
      alg: null,
      handle: null,
      kid,
      thumbprint,
    })),
    ambiguous: [],
    ignored: [],
    entries: keys.length,
    exposesPrivateKeys: false,
  },
  jwksUri: `https://${host}/jwks.json`,
});
const before = found([
  ['a', 'one'],
  ['b', 'two'],
]);
const isNew = 'key set of a trusted issuer is new';
const hasMoved = 'key set of a trusted issuer has moved to another host';

it.each<[string, FoundKeySet | null, FoundKeySet, readonly string[]]>([
  ['the first set', null, before, [isNew]],
  [
    'the same keys',
    before,
    found([
      ['a', 'one'],
      ['b', 'two'],
    ]),
    [],
  ],
  [
    'the same keys in another order',
    before,
    found([
      ['b', 'two'],
      ['a', 'one'],
    ]),
    [],
  ],
  [
    'one key more',
    before,
    found([
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'three'],
    ]),
    [isNew],
  ],
  ['one key less', before, found([['a', 'one']]), [isNew]],
  [
    'another key of the same name',
    before,
    found([
      ['a', 'one'],
      ['b', 'other'],
    ]),
    [isNew],
  ],
  ['no keys any more', before, found([]), [isNew]],
  [
    'the same keys from another host',
    before,
    found(
      [
        ['a', 'one'],
        ['b', 'two'],
      ],
      'other.example',
    ),
    [hasMoved],
  ],
  ['other keys from another host', before, found([['c', 'three']], 'other.example'), [isNew, hasMoved]],
])('an operator is told of %s what there is to tell', (_title, from, to, messages) => {
  expect(describeChange(from, to).map(({ message }) => message)).toEqual(messages);
});

it('names the keys, where they were found, and both hosts', () => {
  expect(describeChange(before, found([['c', 'three']], 'other.example'))).toEqual([
    {
      level: 'info',
      message: isNew,
      details: { jwksUri: 'https://other.example/jwks.json', kids: ['c'], ignored: [] },
    },
    {
      level: 'warn',
      message: hasMoved,
      details: { from: 'https://keys.example/jwks.json', to: 'https://other.example/jwks.json' },
    },
  ]);
});
