import { failed, grant, refuse, type Verdict } from '../core/activity/check.ts';
import { present } from '../core/activity/present.ts';
import type { FormParameters } from '../core/oauth/form-parameters.ts';
import { type ClientAssertionType, clientAssertionTypes } from '../core/oauth/vocabulary.ts';
import type { TokenRequest } from './token-request.ts';

const check = 'client.authentication';
const types: readonly ClientAssertionType[] = Object.values(clientAssertionTypes);

/** A `client_assertion` and what it says it is. */
export interface ClientAssertion {
  readonly token: string;
  readonly type: ClientAssertionType;
}

/**
 * Which client authentication the request carries: a `client_assertion` or none. Counts every mechanism before any of
 * them is looked at, so that two are refused without burning a `jti` (CA-01, CA-03, CA-23, RS-10, FX-07).
 */
export const checkClientAuthentication = (
  request: Pick<TokenRequest, 'authorizationHeader' | 'authorizationScheme' | 'attestationHeader'>,
  parameters: FormParameters,
): Verdict<{ readonly clientAssertion: ClientAssertion | null }> => {
  const assertion = parameters.get('client_assertion');
  const type = parameters.get('client_assertion_type');
  const { authorizationScheme: scheme = null } = request;
  const header = scheme === null ? 'Authorization header' : `Authorization header (${scheme})`;
  const mechanisms = [
    ...(request.authorizationHeader ? [header] : []),
    ...(request.attestationHeader ? ['client attestation'] : []),
    ...(parameters.has('client_secret') ? ['client_secret'] : []),
    ...(assertion === undefined ? [] : ['client_assertion']),
  ];
  if (mechanisms.length > 1)
    return refuse('authentication_methods_several', [
      failed(
        check,
        'at most one mechanism',
        mechanisms.join(', '),
        'Authenticate in one way only (RFC 6749 §2.3).',
      ),
    ]);
  if (request.authorizationHeader)
    return refuse('client_authorization_header', [
      failed(check, 'client_assertion', header, 'There are no client secrets here: send a client_assertion.'),
    ]);
  if (mechanisms.length === 1 && assertion === undefined)
    return refuse('client_authentication_unsupported', [
      failed(
        check,
        'client_assertion',
        mechanisms.join(),
        'There are no client secrets here: send a client_assertion.',
      ),
    ]);
  if (assertion === undefined && type === undefined) return grant({ clientAssertion: null });
  if (assertion === undefined || type === undefined)
    return refuse('parameter_missing', [
      failed(
        check,
        'client_assertion together with client_assertion_type',
        assertion === undefined ? 'client_assertion_type alone' : 'client_assertion alone',
        `Send client_assertion_type=${clientAssertionTypes.jwtBearer} with the client_assertion.`,
      ),
    ]);
  const known = types.find((name) => name === type);
  return known === undefined
    ? refuse('client_assertion_type_unknown', [
        failed(
          'parameter.client_assertion_type',
          types.join(' or '),
          present(type),
          'The type is a URN and is compared letter by letter.',
        ),
      ])
    : grant({ clientAssertion: { token: assertion, type: known } });
};
