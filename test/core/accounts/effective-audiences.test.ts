import { describe, expect, it } from 'vitest';
import { effectiveAudiences } from '../../../src/core/accounts/effective-audiences.ts';

const issuer = 'https://bureau.example/t/acme';
const admin = `${issuer}/api/v1`;

describe('effectiveAudiences', () => {
  it.each([
    ['nothing registered, no role', [], null, issuer, [issuer]],
    ['nothing registered, a role', [], 'viewer', admin, [admin]],
    ['registered, no role', ['a', 'b'], null, 'a', ['a', 'b']],
    ['registered, a role', ['a', 'b'], 'auditor', 'a', ['a', 'b', admin]],
    ['the admin API registered, a role', [admin], 'administrator', admin, [admin]],
    ['the admin API registered, no role', [admin], null, admin, [admin]],
    ['our issuer registered, a role', [issuer], 'viewer', issuer, [issuer, admin]],
  ] as const)('AT-06 %s', (_name, audiences, role, first, allowed) => {
    expect(effectiveAudiences({ audiences, role }, issuer)).toEqual({ default: first, allowed });
  });
});
