import { fail } from '../core/result.ts';
import type { RegistrationProblem } from '../core/trust/registration-problem.ts';

/** Every refusal of the admin API: its HTTP status (RFC 9110 §15) and title (RFC 9457 §3.1.3). Codes are stable. */
export const adminProblems = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  malformed_request: { status: 400, title: 'The request is malformed' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours' },
  authentication_required: { status: 401, title: 'An access token is required' },
  invalid_token: { status: 401, title: 'The access token is not accepted' },
  forbidden: { status: 403, title: 'The role of the account does not allow this' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The resource does not have this method' },
  already_exists: { status: 409, title: 'The name is taken' },
  federation_exists: { status: 409, title: 'The federation exists already' },
  issuer_conflict: { status: 409, title: 'The issuer is registered with other keys' },
  issuer_blocked: { status: 409, title: 'The trusted issuer is blocked' },
  in_use: { status: 409, title: 'Something else still needs it' },
  last_administrator: { status: 409, title: 'The tenant would have no administrator' },
  default_tenant: { status: 409, title: 'The default tenant stays' },
  too_many_blocks: { status: 409, title: 'The tenant has as many blocks as it may' },
  too_many_keys: { status: 409, title: 'The account has as many keys as it may' },
  version_stale: { status: 412, title: 'The resource was changed in the meantime' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not accepted' },
  invalid: { status: 422, title: 'The request is understood and refused' },
  version_missing: { status: 428, title: 'An If-Match header is required' },
  rate_limited: { status: 429, title: 'Too many requests of this kind' },
  internal_fault: { status: 500, title: 'The server met an internal fault' },
  temporarily_unavailable: { status: 503, title: 'The server cannot do this right now' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

/** A stable code of {@link adminProblems}. */
export type AdminProblemCode = keyof typeof adminProblems;

/** Why an act of administration was refused. */
export interface AdminProblem {
  readonly code: AdminProblemCode;
  /** A sentence that says what to do. */
  readonly detail: string;
  /** For `invalid`: what is wrong where. */
  readonly errors?: readonly RegistrationProblem[];
  /** For `rate_limited`: when to come back. */
  readonly retryAfterSeconds?: number;
}

/** A refusal with its sentence. */
export const refuse = (code: AdminProblemCode, detail: string) => fail<AdminProblem>({ code, detail });

/** A refusal of what was sent (422). */
export const refuseInput = (errors: readonly RegistrationProblem[]) =>
  fail<AdminProblem>({
    code: 'invalid',
    detail: errors.length === 1 ? (errors[0]?.message ?? '') : `${errors.length} members cannot be accepted.`,
    errors,
  });

/** The refusal of what is done too often (429). */
export const refuseRate = (retryAfterSeconds: number) =>
  fail<AdminProblem>({
    code: 'rate_limited',
    detail: 'Too many key pairs were asked for in this minute. Come back after the time in Retry-After.',
    retryAfterSeconds,
  });

/** The refusal for who would reach beyond their own rights (A106). */
export const refuseStronger = () =>
  refuse('forbidden', 'The role concerned is stronger than that of your account. Ask an administrator.');

/** The refusal for what does not exist or belongs to another tenant; the two look alike (A107). */
export const notFound = (what: string) => refuse('not_found', `There is no such ${what} in this tenant.`);
