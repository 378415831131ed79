import { type ReasonFamily, type RefusalReason, refusalReasons } from './reasons.ts';

interface WireError {
  readonly status: number;
  /** A number for clients that read `errors[].code` as an integer (vcert). */
  readonly code: number;
  /** The one sentence of this code, whatever the cause: %x20-21 / %x23-5B / %x5D-7E only (RFC 6749 §5.2). */
  readonly description: string;
}

/**
 * The only home of public sentences (RFC 6749 §5.2; RFC 6750 §3.1; RFC 7009 §2.2.1; RFC 8693 §2.2.2; RFC 8707 §2; the
 * last two rows are ours).
 */
export const oauthErrors = {
  invalid_request: {
    status: 400,
    code: 1001,
    description:
      'The request is malformed or carries a token that is not accepted here. An administrator can look up the receipt.',
  },
  invalid_client: {
    status: 400,
    code: 1002,
    description: 'The client could not be authenticated. An administrator can look up the receipt.',
  },
  invalid_grant: {
    status: 400,
    code: 1003,
    description: 'The assertion or token is not accepted here. An administrator can look up the receipt.',
  },
  unsupported_grant_type: {
    status: 400,
    code: 1005,
    description: 'The grant type is not one of those listed in the authorization server metadata.',
  },
  invalid_scope: {
    status: 400,
    code: 1006,
    description:
      'The scope is malformed or exceeds what the account holds. An administrator can look up the receipt.',
  },
  invalid_target: {
    status: 400,
    code: 1007,
    description:
      'The audience or resource is malformed or not one of the account. An administrator can look up the receipt.',
  },
  unsupported_token_type: {
    status: 400,
    code: 1010,
    description: 'Only access tokens of this server can be revoked here.',
  },
  invalid_token: {
    status: 401,
    code: 1011,
    description: 'The access token is not accepted here. An administrator can look up the receipt.',
  },
  temporarily_unavailable: {
    status: 503,
    code: 1008,
    description: 'The server cannot decide this right now. Try again after the time in Retry-After.',
  },
  server_error: {
    status: 500,
    code: 1009,
    description: 'The server met an internal fault. An administrator can look up the receipt in the log.',
  },
} as const satisfies Record<string, WireError>;

/** An error code of the token endpoint, of introspection or of revocation. */
export type OAuthErrorCode = keyof typeof oauthErrors;

const codeOfFamily: Readonly<Record<Exclude<ReasonFamily, 'presented'>, OAuthErrorCode>> = {
  request: 'invalid_request',
  grant: 'unsupported_grant_type',
  kind: 'unsupported_token_type',
  client: 'invalid_client',
  challenge: 'invalid_client',
  scope: 'invalid_scope',
  target: 'invalid_target',
  unavailable: 'temporarily_unavailable',
  throttled: 'temporarily_unavailable',
  fault: 'server_error',
};

const statusOfReason: Partial<Readonly<Record<RefusalReason, number>>> = {
  method_not_allowed: 405,
  not_found: 404,
  tenant_unknown: 404,
  body_too_large: 413,
  rate_limited: 429,
  client_authorization_header: 401,
  authorization_not_bearer: 401,
};

/** What a refused caller is told. */
export interface RefusalResponse {
  readonly status: number;
  readonly body: {
    readonly error: OAuthErrorCode;
    readonly error_description: string;
    readonly receipt: string;
    readonly errors: readonly [{ readonly code: number; readonly message: string }];
  };
  /** Seconds for `Retry-After`, where the answer asks the caller to wait (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds?: number;
  /** The challenge for `WWW-Authenticate`: with status 401 (RFC 9110 §15.5.2), and where a Bearer header is malformed (AT-15). */
  readonly challenge?: string;
}

/**
 * The border between the rich reason and the poor sentence (contract §3, RS-08, RS-09).
 *
 * @param presentedTokenError the code of this door for a bad token or assertion
 */
export const describeRefusal = (
  reason: RefusalReason,
  presentedTokenError: OAuthErrorCode,
  receipt: string,
): RefusalResponse => {
  const family: ReasonFamily = refusalReasons[reason];
  const error = family === 'presented' ? presentedTokenError : codeOfFamily[family];
  const { status, code, description } = oauthErrors[error];
  return {
    status: statusOfReason[reason] ?? status,
    body: { error, error_description: description, receipt, errors: [{ code, message: description }] },
    ...(family === 'unavailable' ? { retryAfterSeconds: 5 } : {}),
    ...challengeFor(reason, error),
  };
};

const challengeFor = (reason: RefusalReason, error: OAuthErrorCode): Pick<RefusalResponse, 'challenge'> => {
  // The scheme the client used has to be there (RFC 6749 §5.2), and where another one works, that one too.
  if (reason === 'authorization_not_bearer')
    return { challenge: 'Basic realm="token endpoint", Bearer realm="introspection endpoint"' };
  if (refusalReasons[reason] === 'challenge') return { challenge: 'Basic realm="token endpoint"' };
  return error === 'invalid_token' || reason === 'bearer_malformed'
    ? { challenge: `Bearer error="${error}"` }
    : {};
};
