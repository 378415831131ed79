import { failed, grant, passed, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { SvidTarget } from '../core/credential-providers/choose-provider.ts';
import type { FormParameters } from '../core/oauth/form-parameters.ts';
import { parseScope } from '../core/oauth/scope.ts';
import { tokenTypes } from '../core/oauth/vocabulary.ts';

/** What a request asks for (RFC 8693 §2.1): an access token unless it says otherwise. */
export type RequestedToken =
  | { readonly kind: 'access-token' }
  | {
      readonly kind: 'jwt-svid';
      readonly target: SvidTarget;
      /** `scope`, of which a JWT-SVID has none; `null` where none was asked for. */
      readonly scope: string | null;
    };

/** Reads `requested_token_type` and `credential_provider`, at every door alike (contract §3). */
export const readRequestedToken = (parameters: FormParameters): Verdict<RequestedToken> => {
  const type = parameters.get('requested_token_type');
  const provider = parameters.get('credential_provider') ?? null;
  const check = 'parameter.requested_token_type';
  if (type !== undefined && type !== tokenTypes.accessToken && type !== tokenTypes.jwt)
    return refuse('requested_token_type_unsupported', [
      failed(
        check,
        `${tokenTypes.accessToken} or ${tokenTypes.jwt}`,
        present(type),
        'Leave requested_token_type out for an access token.',
      ),
    ]);
  if (type === tokenTypes.accessToken && provider !== null)
    return refuse('requested_token_type_unsupported', [
      failed(
        check,
        tokenTypes.jwt,
        present(type),
        'A credential provider gives JWT-SVIDs and no access token.',
      ),
    ]);
  if (type !== tokenTypes.jwt && provider === null) return grant({ kind: 'access-token' });

  const audience = readAudience(parameters);
  if (!audience.ok) return audience;
  if (audience.value === null && provider === null)
    return refuse('svid_target_missing', [
      failed(
        'parameter.audience',
        'audience, or credential_provider',
        'absent',
        'A JWT-SVID is for one service: send its audience, or the name of the credential provider.',
      ),
    ]);
  const scope = parameters.get('scope') ?? null;
  return grant({ kind: 'jwt-svid', target: { provider, audience: audience.value }, scope });
};

/** One audience only, under either name (SV-12). */
const readAudience = (parameters: FormParameters): Verdict<string | null> => {
  const audience = parameters.get('audience');
  const resource = parameters.get('resource');
  return audience !== undefined && resource !== undefined && audience !== resource
    ? refuse('targets_several', [
        failed(
          'request.resource',
          'the same target as audience',
          `${present(audience)} and ${present(resource)}`,
          'A JWT-SVID is for one audience. Send audience or resource, or both with one value.',
        ),
      ])
    : grant(audience ?? resource ?? null);
};

/** What a scope asked for with a JWT-SVID comes to: it grants none, and is dropped or refused as any that is not held. */
export const limitSvidScope = (scope: string | null, strictScopes: boolean): Verdict<void> => {
  if (scope === null) return grant(undefined);
  const check = 'request.scope';
  const expected = 'none: a JWT-SVID says who, not what is allowed';
  const asked = parseScope(scope);
  if (!asked.ok)
    return refuse('scope_malformed', [
      failed(
        check,
        'scopes between single spaces (RFC 6749 3.3)',
        `${present(scope)}: ${asked.error}`,
        'Leave scope out.',
      ),
    ]);
  return strictScopes
    ? refuse('scope_not_held', [failed(check, expected, present(scope), 'Leave scope out.')])
    : grant(undefined, [{ ...passed(check, expected, present(scope)), hint: 'Dropped.' }]);
};
