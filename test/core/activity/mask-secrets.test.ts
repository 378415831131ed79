import { describe, expect, it } from 'vitest';
import { maskSecrets, namesSecret } from '../../../src/core/activity/mask-secrets.ts';

const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
const pem = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----\n';

describe('A102 maskSecrets', () => {
  it.each([
    ['a token', jwt, `<JWT, ${jwt.length} characters>`],
    ['a token in a sentence', `x ${jwt} y`, `x <JWT, ${jwt.length} characters> y`],
    ['two tokens', `${jwt},${jwt}`, `<JWT, ${jwt.length} characters>,<JWT, ${jwt.length} characters>`],
    ['a token without signature', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', '<JWT, 36 characters>'],
    ['a header with a space', 'eyAiYWxnIjoibm9uZSJ9.e30.c2ln', '<JWT, 29 characters>'],
    ['a header on lines of its own', 'ewogICJhbGciOiAi.e30.c2ln', '<JWT, 25 characters>'],
    ['a token right after a letter', `x${jwt}`, `x<JWT, ${jwt.length} characters>`],
    ['an encrypted token', 'eyJhbGciOiJkaXIifQ.a.b.c.d', '<JWT, 26 characters>'],
    ['a key', `see ${pem}`, `see <PEM, ${pem.length} characters>`],
    ['a key without its end', '-----BEGIN EC PRIVATE KEY-----\nAAAA', '<PEM, 35 characters>'],
    [
      'an opaque token',
      'ghs_16C7e42F292c6912E7710c838347Ae178B4a',
      '<secret beginning with ghs_, 40 characters>',
    ],
    [
      'one in JSON',
      '{"token":"glpat-abcdefghijkl"}',
      '{"token":"<secret beginning with glpat-, 18 characters>"}',
    ],
  ])('%s', (_title, text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it.each([
    'repo:acme/payments:environment:production',
    'https://keyJunction.example.com/monkeyJones.git',
    'https://token.actions.githubusercontent.com',
    'eyJhbGciOiJub25lIn0',
    'key.name.with.dots',
    'two ghs_ of them',
    'aghs_16C7e42F292c6912E7710c838347Ae178B4a',
    'IiQGFNNbtrrIUVGF_imDqAMeYnfRuHvmpcFN7TNAlQI',
    '',
  ])('control: %j stays as it is', (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it('A36 costs no more than a look at each character', () => {
    for (const text of [
      'eyJ'.repeat(50_000),
      `eyJaaaaaaa${'.'.repeat(100_000)}`,
      'eyJ.'.repeat(50_000),
      '-----BEGIN '.repeat(20_000),
      'ghs_'.repeat(50_000),
    ])
      expect(typeof maskSecrets(text)).toBe('string');
  }, 2000);
});

it.each([
  ['client_secret', true],
  ['db-password', true],
  ['accessToken', true],
  ['refresh_token', true],
  ['aws.credentials', true],
  ['token_use', false],
  ['sub', false],
  ['job_workflow_ref', false],
  ['repository_owner_id', false],
])('A102 the name %s: a secret is %s', (name, secret) => {
  expect(namesSecret(name)).toBe(secret);
});
