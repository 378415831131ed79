import { type Check, checksOf, failed, grant, passed, refuse, type Verdict } from '../activity/check.ts';
import { present, presentAll, presentText } from '../activity/present.ts';
import { parseScope } from '../oauth/scope.ts';
import { effectiveAudiences } from './effective-audiences.ts';
import type { ServiceAccount } from './service-account.ts';

/** What is asked for; what was not sent is absent. */
export interface AuthorizationRequest {
  readonly account: Pick<ServiceAccount, 'scopes' | 'audiences' | 'role'>;
  /** The issuer identifier of the tenant. */
  readonly issuer: string;
  /** Refuse scopes that are not held instead of dropping them. */
  readonly strictScopes: boolean;
  readonly scope?: string;
  readonly audience?: string;
  readonly resource?: string;
}

/** What a token will say. */
export interface Authorization {
  /** In the order of the account, whatever the order asked (TR-10). */
  readonly scope: readonly string[];
  readonly audience: string;
}

/**
 * Narrows what is asked for to what the account holds, never wider (TX-14, A44). Scopes that are not held are dropped,
 * shown in the evidence and refused only by a strict tenant; an audience that is not held is always refused (contract §3).
 *
 * @returns refused with `scope_malformed`, `scope_not_held`, `target_malformed`, `targets_several`, `target_not_allowed`
 */
export const limitAuthorization = (request: AuthorizationRequest): Verdict<Authorization> => {
  const scope = limitScope(request);
  if (!scope.ok) return scope;
  const audience = limitAudience(request);
  const checks = [...checksOf(scope), ...checksOf(audience)];
  if (!audience.ok) return refuse(audience.reason, checks);
  return grant({ scope: scope.value, audience: audience.value }, checks);
};

const limitScope = ({ account, strictScopes, scope }: AuthorizationRequest): Verdict<readonly string[]> => {
  const held = presentText(account.scopes.join(' '));
  if (scope === undefined) return grant(account.scopes, [passed('request.scope', held, 'absent')]);

  const asked = parseScope(scope);
  if (!asked.ok) {
    return refuse('scope_malformed', [
      failed(
        'request.scope',
        'scopes between single spaces (RFC 6749 3.3)',
        `${present(scope)}: ${asked.error}`,
        hintForScope(scope) ?? 'Send the names with one space between them and nothing around them.',
      ),
    ]);
  }
  const wanted = new Set(asked.value);
  const granted = account.scopes.filter((each) => wanted.has(each));
  const dropped = asked.value.filter((each) => !account.scopes.includes(each));
  if (dropped.length === 0) return grant(granted, [passed('request.scope', held, present(scope))]);
  const unheld = dropped.join(' ');
  const surplus = present(unheld);
  if (strictScopes) {
    return refuse('scope_not_held', [
      failed(
        'request.scope',
        held,
        present(scope),
        `Not held: ${surplus}. ${hintForScope(unheld) ?? 'Ask for less, or give them to the account.'}`,
      ),
    ]);
  }
  return grant(granted, [
    {
      ...passed('request.scope', held, present(scope)),
      hint: ['Dropped, not held:', `${surplus}.`, hintForScope(unheld)].filter(Boolean).join(' '),
    },
  ]);
};

const limitAudience = ({ account, issuer, audience, resource }: AuthorizationRequest): Verdict<string> => {
  if (resource !== undefined && !isResource(resource)) {
    return refuse('target_malformed', [
      failed(
        'request.resource',
        'an absolute URI without fragment (RFC 8707 2)',
        present(resource),
        'resource is a URI such as https://api.example.com. For a name that is none, send audience.',
      ),
    ]);
  }
  if (audience !== undefined && resource !== undefined && audience !== resource) {
    return refuse('targets_several', [
      failed(
        'request.resource',
        'the same target as audience',
        `${present(audience)} and ${present(resource)}`,
        'A token is for one audience. Send audience or resource, or both with one value.',
      ),
    ]);
  }

  const { default: unasked, allowed } = effectiveAudiences(account, issuer);
  const target = audience ?? resource;
  const check = audience === undefined && resource !== undefined ? 'request.resource' : 'request.audience';
  const expected = `one of ${presentAll(allowed)}`;
  if (target === undefined) return grant(unasked, [passed(check, expected, 'absent')]);
  if (!allowed.includes(target)) return refuse('target_not_allowed', [targetCheck(check, expected, target)]);
  return grant(target, [passed(check, expected, present(target))]);
};

/** How other worlds write several scopes. */
const hintForScope = (scope: string): string | undefined => {
  if (/[["{]/.test(scope)) return 'This is JSON. scope is one text with a space between two scopes.';
  return scope.includes(',') ? 'Scopes are separated by one space, not by commas.' : undefined;
};

const targetCheck = (check: string, expected: string, target: string): Check =>
  failed(
    check,
    expected,
    present(target),
    'Ask for a registered audience or add this one to the account. It is who the new token is for, not the aud of the presented one.',
  );

/** Absolute URI without fragment: a scheme, then only what RFC 3986 §2 allows; `http` and `https` need a host (TX-07). */
const isResource = (text: string): boolean =>
  /^[a-z][a-z0-9+.-]*:(?:[a-z0-9._~:/?[\]@!$&'()*+,;=-]|%[0-9a-f]{2})+$/i.test(text) &&
  (!/^https?:/i.test(text) || /^https?:\/\/[^/?]/i.test(text));
