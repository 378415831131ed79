import { describe, expect, it } from 'vitest';
import { hintAudience } from '../../../src/core/trust/hint-audience.ts';

describe('hintAudience', () => {
  const registered = 'https://sts.example.com';

  it.each([
    ['https://sts.example.com/', 'trailing slash'],
    ['https://STS.example.com', 'upper and lower case'],
    ['http://sts.example.com', 'scheme'],
    ['sts.example.com', 'scheme'],
    ['https://sts.example.com/token', 'the URL of an endpoint'],
    ['https://sts.example.com/v1/oauth2/v2.0/acme/token', 'the URL of an endpoint'],
  ])('ST-21 %s: %s', (presented, words) => {
    expect(hintAudience(registered, presented)).toContain(words);
  });

  it.each([
    'https://sts.example.com/other',
    'https://other.example.com/token',
    'https://other.example.com',
    '',
  ])('has nothing to say on %j', (presented) => {
    expect(hintAudience(registered, presented)).toBeUndefined();
  });
});
