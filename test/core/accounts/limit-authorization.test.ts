import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuthorizationRequest,
  limitAuthorization,
} from '../../../src/core/accounts/limit-authorization.ts';
import { registered, serviceAccount } from '../../support/registered.ts';
import { checksOf } from '../../../src/core/activity/check.ts';

const account = serviceAccount({
  scopes: ['read', 'write'],
  audiences: ['https://api.example.com', 'payments'],
});

const limit = (request: Partial<AuthorizationRequest>) =>
  limitAuthorization({ account, issuer: registered.ownIssuer, strictScopes: false, ...request });

const outcome = (request: Partial<AuthorizationRequest>) => {
  const verdict = limit(request);
  return verdict.ok ? `${verdict.value.audience} [${verdict.value.scope.join(' ')}]` : verdict.reason;
};

const api = 'https://api.example.com';

describe('limitAuthorization', () => {
  it.each<[Partial<AuthorizationRequest>, string]>([
    [{}, `${api} [read write]`],
    [{ scope: 'read' }, `${api} [read]`],
    [{ scope: 'write read' }, `${api} [read write]`],
    [{ scope: 'read read' }, `${api} [read]`],
    [{ scope: 'read admin' }, `${api} [read]`],
    [{ scope: 'READ' }, `${api} []`],
    [{ scope: 'openid offline_access' }, `${api} []`],
    [{ scope: '*' }, `${api} []`],
    [{ scope: 'read\twrite' }, 'scope_malformed'],
    [{ scope: ' read' }, 'scope_malformed'],
    [{ scope: 'read "' }, 'scope_malformed'],
  ])('TX-14 TR-10 grants of %j: %s', (request, expected) => {
    expect(outcome(request)).toBe(expected);
  });

  it.each<[Partial<AuthorizationRequest>, string]>([
    [{}, `${api} [read write]`],
    [{ scope: 'read' }, `${api} [read]`],
    [{ scope: 'read admin' }, 'scope_not_held'],
    [{ scope: 'READ' }, 'scope_not_held'],
    [{ scope: 'read  write' }, 'scope_malformed'],
  ])('A44 a strict tenant grants of %j: %s', (request, expected) => {
    expect(outcome({ ...request, strictScopes: true })).toBe(expected);
  });

  it('shows what was dropped', () => {
    expect(checksOf(limit({ scope: 'read admin root' }))[0]).toEqual({
      check: 'request.scope',
      expected: 'read write',
      presented: '"read admin root"',
      ok: true,
      hint: 'Dropped, not held: "admin root".',
    });
    expect(checksOf(limit({ scope: 'read admin', strictScopes: true }))[0]?.hint).toContain(
      'Not held: admin',
    );
    expect(checksOf(limit({ scope: 'read' }))[0]).not.toHaveProperty('hint');
  });

  it.each<[Partial<AuthorizationRequest>, string]>([
    [{ audience: api }, `${api} [read write]`],
    [{ audience: 'payments' }, 'payments [read write]'],
    [{ resource: api }, `${api} [read write]`],
    [{ audience: api, resource: api }, `${api} [read write]`],
    [{ audience: 'Payments' }, 'target_not_allowed'],
    [{ audience: `${api}/` }, 'target_not_allowed'],
    [{ audience: registered.audience }, 'target_not_allowed'],
    [{ audience: registered.ownIssuer }, 'target_not_allowed'],
    [{ audience: `${registered.ownIssuer}/api/v1` }, 'target_not_allowed'],
    [{ audience: '*' }, 'target_not_allowed'],
    [{ resource: 'https://other.example.com' }, 'target_not_allowed'],
    [{ audience: 'payments', resource: api }, 'targets_several'],
    [{ audience: api, resource: `${api}/` }, 'targets_several'],
    [{ audience: api, resource: 'payments' }, 'target_malformed'],
  ])('AT-06 TX-06 TX-08 TX-09 the target of %j: %s', (request, expected) => {
    expect(outcome(request)).toBe(expected);
  });

  it('contract §5 a role opens the admin API', () => {
    const admin = `${registered.ownIssuer}/api/v1`;
    const viewer = serviceAccount({ role: 'viewer', audiences: [api], scopes: [] });
    expect(outcome({ account: viewer, audience: admin })).toBe(`${admin} []`);
    expect(outcome({ account: viewer, resource: admin })).toBe(`${admin} []`);
    expect(outcome({ account: viewer })).toBe(`${api} []`);
    expect(outcome({ account: { ...viewer, audiences: [] } })).toBe(`${admin} []`);
    expect(outcome({ account: { ...viewer, role: null, audiences: [] } })).toBe(`${registered.ownIssuer} []`);
  });

  it.each([
    'https://api.example.com',
    'https://api.example.com/v1?x=%20y',
    'HTTPS://api.example.com',
    'urn:example:payments',
    'api://payments',
    'spiffe://example.com/ns/a',
    'http://[::1]:8080/a',
    "x:!$&'()*+,;=-._~@",
  ])('TX-07 %s is a resource', (resource) => {
    expect(outcome({ account: { ...account, audiences: [resource] }, resource })).toBe(
      `${resource} [read write]`,
    );
  });

  it.each([
    '/v1',
    'api.example',
    '//api.example',
    'https://a/#x',
    'https://a#',
    'https:',
    'https://',
    'https:///path',
    'https:api',
    'https://a b',
    'https://a\tb',
    'https://ä.example',
    'https://a/%zz',
    'https://a/%2',
    'https://a/<b>',
    'https://a/"',
    'https://a\\b',
    '1https://a',
    ':a',
    'urn:',
    'a'.repeat(10_000),
  ])('TX-07 %s is not', (resource) => {
    // Not even when it were registered.
    expect(outcome({ account: { ...account, audiences: [resource] }, resource })).toBe('target_malformed');
  });

  it('a refused target still shows the scope that was looked at', () => {
    expect(checksOf(limit({ scope: 'read', audience: 'x' })).map(({ check, ok }) => [check, ok])).toEqual([
      ['request.scope', true],
      ['request.audience', false],
    ]);
    expect(checksOf(limit({ resource: 'x:y' })).at(-1)?.check).toBe('request.resource');
  });

  it('TX-14 never grants more than the account holds', () => {
    const scope = fc.constantFrom('a', 'b', 'c', 'd');
    const target = fc.constantFrom('x:1', 'x:2', 'x:3');
    fc.assert(
      fc.property(
        fc.uniqueArray(scope),
        fc.uniqueArray(target),
        fc.boolean(),
        fc.record(
          { scope: fc.array(scope).map((list) => list.join(' ')), audience: target, resource: target },
          { requiredKeys: [], noNullPrototype: true },
        ),
        (scopes, audiences, strictScopes, asked) => {
          const verdict = limit({ account: { scopes, audiences, role: null }, strictScopes, ...asked });
          if (!verdict.ok) return;
          const wanted = asked.scope?.split(' ') ?? scopes;
          expect(verdict.value.scope).toEqual(scopes.filter((each) => wanted.includes(each)));
          expect([...audiences, registered.ownIssuer]).toContain(verdict.value.audience);
          if (asked.audience !== undefined) expect(verdict.value.audience).toBe(asked.audience);
          if (asked.resource !== undefined) expect(verdict.value.audience).toBe(asked.resource);
        },
      ),
      { numRuns: 500 },
    );
  });
});
