/**
 * Why a request to the token endpoint, or to introspection or revocation, was refused. The administrator sees the reason;
 * the wire sees only the error code of its family.
 *
 * The family says who is at fault and so which code fits: `presented` is the token or assertion of the door, whose code
 * the door itself knows (RFC 8693 §2.2.2, RFC 7521 §4.1.1, §4.2.1).
 */
export const refusalReasons = {
  method_not_allowed: 'request',
  not_found: 'request',
  tenant_unknown: 'request',
  content_type_unsupported: 'request',
  body_too_large: 'request',
  body_malformed: 'request',
  parameter_repeated: 'request',
  parameter_missing: 'request',
  parameters_too_many: 'request',
  authentication_methods_several: 'request',
  actor_token_unsupported: 'request',
  subject_token_type_unsupported: 'request',
  requested_token_type_unsupported: 'request',
  credential_provider_unknown: 'request',
  credential_provider_ambiguous: 'request',
  credential_provider_unusable: 'request',
  svid_target_missing: 'request',

  grant_type_unknown: 'grant',

  token_kind_unsupported: 'kind',

  client_authentication_missing: 'client',
  client_authentication_unsupported: 'client',
  client_authorization_header: 'challenge',
  authorization_not_bearer: 'challenge',
  bearer_malformed: 'request',
  client_assertion_type_unknown: 'client',
  client_assertion_of_another_account: 'presented',
  client_assertion_type_unfit: 'presented',

  token_too_large: 'presented',
  token_malformed: 'presented',
  token_member_repeated: 'presented',
  token_header_forbidden: 'presented',
  token_algorithm_not_allowed: 'presented',
  token_type_not_allowed: 'presented',
  token_of_our_own: 'presented',
  token_bound_to_a_key: 'presented',
  tenant_disabled: 'presented',
  issuer_missing: 'presented',
  issuer_unknown: 'presented',
  issuer_disabled: 'presented',
  issuer_blocked: 'presented',
  key_unknown: 'presented',
  key_unfit: 'presented',
  jwks_ambiguous: 'presented',
  key_blocked: 'presented',
  signature_invalid: 'presented',
  claim_missing: 'presented',
  claim_malformed: 'presented',
  audience_several: 'presented',
  lifetime_too_long: 'presented',
  lifetime_not_positive: 'presented',
  expired: 'presented',
  expires_too_far_ahead: 'presented',
  issued_in_the_future: 'presented',
  not_yet_valid: 'presented',
  replayed: 'presented',
  token_revoked: 'presented',
  token_of_another_client: 'presented',
  account_unknown: 'presented',
  account_disabled: 'presented',
  account_blocked: 'presented',
  account_key_unusable: 'presented',
  assertion_subject_mismatch: 'presented',
  client_id_mismatch: 'presented',
  subject_not_registered: 'presented',
  subject_blocked: 'presented',
  federation_blocked: 'presented',
  audience_mismatch: 'presented',
  condition_unmet: 'presented',
  federation_ambiguous: 'presented',
  federated_assertion_off: 'presented',
  svid_value_missing: 'presented',
  svid_subject_invalid: 'presented',
  svid_claim_invalid: 'presented',
  svid_too_large: 'presented',

  scope_malformed: 'scope',
  scope_not_held: 'scope',
  target_malformed: 'target',
  target_not_allowed: 'target',
  targets_several: 'target',

  issuer_keys_unavailable: 'unavailable',
  store_unavailable: 'unavailable',
  signing_key_unavailable: 'unavailable',
  overloaded: 'unavailable',
  rate_limited: 'throttled',
  internal_fault: 'fault',
} as const satisfies Record<string, ReasonFamily>;

/** Who or what a reason is about. */
export type ReasonFamily =
  | 'request'
  | 'grant'
  | 'kind'
  | 'client'
  | 'challenge'
  | 'presented'
  | 'scope'
  | 'target'
  | 'unavailable'
  | 'throttled'
  | 'fault';

/** A stable reason code, as written into activities. */
export type RefusalReason = keyof typeof refusalReasons;
