import type { RefusalReason } from './reasons.ts';

/**
 * What an administrator is told about a reason: what happened, and what to do now and where. In braces stand values of the
 * refusal: `what` the check that failed first is about, its `expected` and `presented`, and `issuer`, `subject`, `audience`, `account`. In a
 * command between backticks only those last four, for it is copied (see fill-in.ts).
 */
export interface ReasonSentences {
  readonly summary: string;
  readonly change: string;
}

/** The words for every reason there is. */
export const reasonSentences = {
  method_not_allowed: {
    summary: 'The endpoint was called with {presented}, and it takes POST only.',
    change:
      'Have the client send a POST with a form body. A redirect in front of this server may have made a GET of it.',
  },
  not_found: {
    summary: 'The path is none of this server.',
    change: 'Take the URL of the endpoint from /.well-known/oauth-authorization-server.',
  },
  tenant_unknown: {
    summary: 'The path names the tenant {presented}, and there is none of that name.',
    change:
      'Correct the path of the client: /token is the tenant default, /t/NAME/token any other. An administrator of the tenant default sees them all with GET /api/v1/tenants.',
  },
  content_type_unsupported: {
    summary: 'The body was sent as {presented}, and only a form is read here.',
    change:
      'Have the client send Content-Type: application/x-www-form-urlencoded. With curl: --data-urlencode, and no -H for the type.',
  },
  body_too_large: {
    summary: 'The body of the request is larger than 64 KiB.',
    change: 'Send the parameters of the grant and nothing else. A token alone has at most 16 KiB.',
  },
  body_malformed: {
    summary: 'The form body cannot be read.',
    change:
      'Build the body with the form encoder of the language, such as URLSearchParams or curl --data-urlencode.',
  },
  parameter_repeated: {
    summary: 'A parameter was sent more than once: {presented}.',
    change: 'Send it once. Look for a value that stands both in the client and in its configuration.',
  },
  parameter_missing: {
    summary: '{what} is missing, empty or not complete.',
    change:
      'Send it in the form body. An empty value is mostly a variable of the workload that was never set: print its length, not the value, to see.',
  },
  parameters_too_many: {
    summary: 'The body has more parameters than any grant needs.',
    change: 'Send the parameters of the grant only.',
  },
  authentication_methods_several: {
    summary: 'The client authenticated in more than one way at once: {presented}.',
    change:
      'Switch all but one off in the client. Libraries that are given a client secret add an Authorization header by themselves.',
  },
  actor_token_unsupported: {
    summary: 'The request carries an actor token, and delegation is not offered.',
    change: 'Send the subject token alone.',
  },
  subject_token_type_unsupported: {
    summary: 'The subject token was declared as {presented}.',
    change: 'Declare it as urn:ietf:params:oauth:token-type:jwt, or …:id_token.',
  },
  requested_token_type_unsupported: {
    summary: 'The client asked for a kind of token that is not issued here: {presented}.',
    change:
      'Leave requested_token_type out for an access token, or send urn:ietf:params:oauth:token-type:jwt for a JWT-SVID.',
  },
  credential_provider_unknown: {
    summary: 'No credential provider of this account is called {presented}.',
    change:
      'Correct credential_provider in the request, or add the account to serviceAccounts of the provider (`bureau providers update PROVIDER --account ACCOUNT`, with one --account for each it shall have).',
  },
  credential_provider_ambiguous: {
    summary: 'More than one credential provider fits the request.',
    change: 'Have the client send credential_provider with the name of the one it means.',
  },
  credential_provider_unusable: {
    summary: 'The credential provider cannot be used as it is registered.',
    change: 'Try it with `bureau providers verify PROVIDER`: it names every point. Then change the provider.',
  },
  svid_target_missing: {
    summary: 'A JWT-SVID was asked for without saying for whom.',
    change: 'Have the client send audience, or credential_provider with a name.',
  },
  grant_type_unknown: {
    summary: 'There is no grant of type {presented}.',
    change:
      'Set grant_type to one of grant_types_supported in the metadata, letter by letter: urn:ietf:params:oauth:grant-type:token-exchange for token exchange.',
  },
  token_kind_unsupported: {
    summary: 'The token to be revoked is no access token of this tenant: {presented}.',
    change:
      'Nothing needs to be done here. Tokens of others are revoked where they were issued; JWT-SVIDs expire.',
  },
  client_authentication_missing: {
    summary: 'The request does not say who asks.',
    change:
      'Send client_assertion, a signed JWT, with client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer.',
  },
  client_authentication_unsupported: {
    summary: 'The client authenticated with {presented}, and there are no shared secrets here.',
    change:
      'Switch the client to private_key_jwt (`bureau keys generate ACCOUNT` makes the key), or present the token of its platform as client_assertion.',
  },
  client_authorization_header: {
    summary: 'The client authenticated with {presented}, and there are no shared secrets here.',
    change:
      'Have the client send client_assertion in the body. In OAuth libraries that is the authentication method private_key_jwt, not client_secret_basic.',
  },
  authorization_not_bearer: {
    summary: 'The Authorization header holds something other than a bearer token.',
    change:
      'Send Authorization: Bearer with an access token whose audience is the admin API, or client_assertion in the body and no such header.',
  },
  bearer_malformed: {
    summary: 'The Authorization header holds something other than one bearer token.',
    change: 'Send Authorization: Bearer, one space, and the access token, once.',
  },
  client_assertion_type_unknown: {
    summary: 'The client assertion is declared as {presented}.',
    change:
      'Set client_assertion_type to urn:ietf:params:oauth:client-assertion-type:jwt-bearer, letter by letter.',
  },
  client_assertion_of_another_account: {
    summary: 'The client assertion and the token belong to two accounts.',
    change:
      'Leave the client assertion out, or sign it for the account the token is registered with. Both have to mean one account.',
  },
  client_assertion_type_unfit: {
    summary: 'The client assertion is declared as {presented}, and the token in it is of another kind.',
    change: 'Set client_assertion_type to {expected}.',
  },
  token_too_large: {
    summary: 'The token has {presented}; at most 16384 are read.',
    change:
      'Make it smaller where it is issued: mostly groups or roles fill it. If it is a whole response or a file of several tokens, send the one token alone.',
  },
  token_malformed: {
    summary: 'What was sent as the token is not a signed JWT.',
    change:
      'Have the client send the JWT its platform issued, and only that: three parts with two dots between them, beginning with eyJ.',
  },
  token_member_repeated: {
    summary: 'The token names one member twice, so that two readers could understand two things.',
    change: 'This has to be mended by whoever makes the token; no registration here can allow it.',
  },
  token_header_forbidden: {
    summary: 'The header of the token has a member that is never accepted: {presented}.',
    change:
      'Have the issuer leave it out. Keys are registered here, with the trusted issuer or the account, and never taken from a token.',
  },
  token_algorithm_not_allowed: {
    summary: 'The token is signed with {presented}, which is not accepted here.',
    change:
      'Have the issuer sign with one of {expected}. What one issuer may use is in algorithms of the trusted issuer (`bureau issuers update {issuer} --algorithm ES256`, with one --algorithm for each).',
  },
  token_type_not_allowed: {
    summary: 'The token says of itself that it is {presented}: it was made for another purpose.',
    change:
      'Have the workload ask its platform for an identity token (ID token, OIDC token) in place of an access token.',
  },
  token_of_our_own: {
    summary: 'The token was issued by this server itself, and such a token is never exchanged again.',
    change:
      'Present it to the API it is for. If the client meant to get a first token, its variable holds the wrong one: send the token of the platform.',
  },
  token_bound_to_a_key: {
    summary: 'The token is bound to a key of its holder and does not count as a bearer token.',
    change: 'Have the workload ask its platform for a token without proof of possession (no cnf claim).',
  },
  tenant_disabled: {
    summary: 'The tenant is disabled, so nothing is issued in it.',
    change:
      'An administrator of the tenant default can enable it: PATCH /api/v1/tenants/NAME with status enabled.',
  },
  issuer_missing: {
    summary: 'The token does not say who issued it.',
    change:
      'Have the issuer write its identifier into iss. For SPIRE without iss, register the trust domain and let sub be a SPIFFE ID.',
  },
  issuer_unknown: {
    summary: 'Nobody registered the issuer of this token: {presented}.',
    change:
      'If its workloads are meant to get tokens, make a registration out of the attempt: `bureau inbox list`, then `bureau inbox propose ENTRY`; or out of a token of theirs: `bureau accounts propose --token FILE`. If not, nothing is wrong.',
  },
  issuer_disabled: {
    summary: 'The trusted issuer {issuer} is disabled.',
    change: 'Enable it if its tokens are wanted again: `bureau issuers enable {issuer}`.',
  },
  issuer_blocked: {
    summary: 'The trusted issuer is blocked by an administrator.',
    change: 'The check says who blocked it and why. When that is over, remove the block.',
  },
  key_unknown: {
    summary: 'The token names a key that the issuer does not publish: {presented}.',
    change:
      'Get a fresh token first. If it is refused too, see what keys are known with `bureau issuers get {issuer}` and fetch them anew with `bureau issuers refresh {issuer}`.',
  },
  key_unfit: {
    summary: 'The issuer publishes the key the token names, and it cannot be used for this token.',
    change:
      'The check says what is wrong with the key. It has to be mended where the issuer publishes its keys; then `bureau issuers refresh {issuer}`.',
  },
  jwks_ambiguous: {
    summary: 'More than one key of the issuer fits the token, and none is guessed.',
    change: 'Have the issuer give each key a kid of its own and name it in the header of its tokens.',
  },
  key_blocked: {
    summary: 'The key that signed the token is blocked by an administrator.',
    change: 'The check says who blocked it and why. When that is over, remove the block.',
  },
  signature_invalid: {
    summary: 'The signature of the token is not good: it was changed on its way, or another key signed it.',
    change:
      'Have the client send the token exactly as it got it. If it did, compare the key with its kid at the issuer: two issuers, or two clusters, may use one name.',
  },
  claim_missing: {
    summary: '{what} is missing from the token, and it is needed.',
    change:
      'Have whoever makes the token write it in. iss, sub, aud, iat and exp are always needed, and jti where a token works once.',
  },
  claim_malformed: {
    summary: '{what} is written in a way that cannot be read: {presented}.',
    change: 'This has to be mended where the token is made: it has to be {expected}.',
  },
  audience_several: {
    summary: 'The token is for several audiences at once: {presented}.',
    change:
      'Have the workload ask for one audience. Where its platform cannot, set allowAdditionalAudiences on the federation and know that the others could use the token here.',
  },
  lifetime_too_long: {
    summary: 'The token lives too long: {presented}, and {expected} is accepted here.',
    change: 'Have the workload ask its platform for a token of at most two hours, best of minutes.',
  },
  lifetime_not_positive: {
    summary: 'The token expires before it was issued ({presented}).',
    change: 'This has to be mended where the token is made: exp lies after iat.',
  },
  expired: {
    summary: 'The token had expired when it arrived: {presented}.',
    change:
      'Fetch the token right before it is exchanged, in the same step, and again for each exchange. If it was fresh, compare the clocks.',
  },
  expires_too_far_ahead: {
    summary: 'The assertion is valid for too long: {presented}.',
    change: 'Have the client set exp one minute after the moment it signs.',
  },
  issued_in_the_future: {
    summary: 'The token says it was issued in the future: {presented}.',
    change: 'One of two clocks is wrong. Synchronise that of the issuer, and of this server, with NTP.',
  },
  not_yet_valid: {
    summary: 'The token is not valid yet: {presented}.',
    change: 'One of two clocks is wrong, or nbf is set on purpose. Synchronise both clocks with NTP.',
  },
  replayed: {
    summary: 'The token was used before, and it works once.',
    change:
      'Make or fetch a new one for each request. A retry of the client, or two replicas that share a token, send it twice.',
  },
  token_revoked: {
    summary: 'The access token was revoked.',
    change: 'Have the client get a new one.',
  },
  token_of_another_client: {
    summary: 'The token to be revoked was issued to another account, and stays valid.',
    change: 'Let the account it belongs to revoke it, or an administrator.',
  },
  account_unknown: {
    summary: 'The assertion names an account that does not exist in this tenant: {presented}.',
    change:
      'Put the clientId of the account into iss and sub: `bureau accounts list` shows it. An account of another tenant has to be asked for at the token endpoint of that tenant.',
  },
  account_disabled: {
    summary: 'The service account is disabled.',
    change:
      'Enable it if it should work: `bureau accounts enable {account}`, or status of the service account.',
  },
  account_blocked: {
    summary: 'The service account is blocked by an administrator.',
    change: 'The check says who blocked it and why. When that is over, remove the block.',
  },
  account_key_unusable: {
    summary: 'The account has no key that fits this assertion: {presented}.',
    change:
      'Sign with a key that is enabled, or add the public key the client has: `bureau keys add {account} --file FILE`. A key is found by kid and alg.',
  },
  assertion_subject_mismatch: {
    summary: 'iss and sub of the assertion are not one and the same account.',
    change: 'Put the clientId of the account into both.',
  },
  client_id_mismatch: {
    summary: 'client_id names {presented}, and the token stands for another account.',
    change:
      'Leave client_id out, or send the clientId of the account this token is registered with: {expected}.',
  },
  subject_not_registered: {
    summary: 'The token is good, and no service account is registered for its subject: {presented}.',
    change:
      'If this workload is meant to get tokens, register exactly this subject in a federation of its account: `bureau accounts update ACCOUNT --issuer {issuer} --subject {subject} --audience {audience}`. For an account of its own, `bureau accounts propose --token FILE` writes it.',
  },
  subject_blocked: {
    summary: 'The subject of the token is blocked by an administrator.',
    change: 'The check says who blocked it and why. When that is over, remove the block.',
  },
  federation_blocked: {
    summary: 'The federation is blocked by an administrator.',
    change: 'The check says who blocked it and why. When that is over, remove the block.',
  },
  audience_mismatch: {
    summary: 'The token is meant for {presented}; wanted is {expected}.',
    change: 'Have the workload ask its platform for a token with the audience {expected}.',
  },
  condition_unmet: {
    summary:
      'Issuer, subject and audience are right, and a condition of the federation is not met: {expected}.',
    change:
      'If this workload is meant, correct conditions of the federation: the token says {presented}. If not, the condition did its work.',
  },
  federation_ambiguous: {
    summary: 'More than one account claims this token, and none is guessed.',
    change:
      'Make the subjects, patterns or conditions of these accounts exclude each other, or have the client send client_id.',
  },
  federated_assertion_off: {
    summary: 'This tenant does not take tokens of other issuers as client assertions.',
    change:
      'Send the token by token exchange (subject_token) or the JWT bearer grant (assertion), or set federatedClientAssertion in the settings of the tenant.',
  },
  svid_value_missing: {
    summary: 'The credential provider needs a value that the token or the account does not have.',
    change:
      'Try the provider with a token of this workload: `bureau providers verify PROVIDER`. Then change its template.',
  },
  svid_subject_invalid: {
    summary: 'What the credential provider makes of this token is no SPIFFE ID.',
    change:
      'Change subject of the provider: a value that is put in may hold letters, digits, dots, dashes and underscores only.',
  },
  svid_claim_invalid: {
    summary: 'What the credential provider makes of a claim cannot be issued.',
    change: 'Change claims of the provider, and try it with `bureau providers verify PROVIDER`.',
  },
  svid_too_large: {
    summary: 'The JWT-SVID would be larger than those who read it accept.',
    change: 'Take claims out of the credential provider.',
  },
  scope_malformed: {
    summary: 'scope cannot be read: {presented}.',
    change: 'Send the scopes with one space between them, as in scope=a b; no commas, quotes or brackets.',
  },
  scope_not_held: {
    summary: 'The account does not hold every scope that was asked for: {presented}.',
    change:
      'Ask for {expected}, or give the account the scope (`bureau accounts update {account} --scope SCOPE`, with one --scope for each it shall hold); its use case has to allow it. With strictScopes off, what is not held is left out in silence.',
  },
  target_malformed: {
    summary: 'audience or resource is no target: {presented}.',
    change: 'Send an absolute URI without a fragment, such as https://api.example.com.',
  },
  target_not_allowed: {
    summary: 'The account may not get tokens for {presented}.',
    change:
      'Ask for {expected}, or add the target to audiences of the service account: `bureau accounts update {account} --token-audience TARGET`, with one --token-audience for each it shall have.',
  },
  targets_several: {
    summary: 'The request asks for two targets at once: {presented}.',
    change: 'Send audience or resource, or both with the same value. For two targets, make two requests.',
  },
  issuer_keys_unavailable: {
    summary: 'The keys of the issuer cannot be had right now, so nobody can say whether the token is good.',
    change:
      'Nothing is wrong with the token. See why with `bureau issuers get {issuer}`, mend the way to its JWKS URI, and let the client try again.',
  },
  store_unavailable: {
    summary: 'The database of this server was out of reach.',
    change: 'See /readyz and the log. Let the client try again.',
  },
  signing_key_unavailable: {
    summary: 'This server has no active key to sign with.',
    change: 'See `GET /signing-keys`; make one with `POST /signing-keys/rotate`. Let the client try again.',
  },
  overloaded: {
    summary: 'This server had more to do than it can, and refused the request before it read it.',
    change:
      'Let the client wait as long as Retry-After says, a little longer each time, and keep its token until shortly before it expires. If it lasts, add a node.',
  },
  rate_limited: {
    summary: 'There were more requests than one address, or the tenant, may send in a minute.',
    change:
      'Let the client keep its token until shortly before it expires. The limits are BUREAU_RATE_LIMIT and BUREAU_TENANT_RATE_LIMIT; behind a proxy, set BUREAU_TRUST_PROXY so that not everybody counts as one.',
  },
  internal_fault: {
    summary: 'This server met a fault of its own.',
    change: 'Look the receipt up in the log: it stands beside the fault.',
  },
} as const satisfies Readonly<Record<RefusalReason, ReasonSentences>>;

/** For a reason and the check behind it, where that means something else to do than the reason in general. */
export const sentencesOfCheck: Readonly<Record<string, ReasonSentences>> = {
  'issuer_unknown door.own-key': {
    summary: 'The issuer of this subject token is no URL: {presented}.',
    change:
      'If it is an assertion with the key of an account, send it as client_assertion or assertion. If a platform made it, see there why its iss is not an https URL.',
  },
  'issuer_unknown token.iss': {
    summary: 'The access token was issued in another tenant: {presented}.',
    change: 'Get one at the token endpoint of this tenant.',
  },
  'audience_mismatch claims.aud': {
    summary: 'The assertion is meant for {presented}; wanted is {expected}.',
    change:
      'Have the client write that into aud when it signs. For one that cannot change, add what it writes to assertionAudiences in the settings of the tenant.',
  },
  'audience_several claims.aud': {
    summary: 'The assertion is for several audiences at once: {presented}.',
    change: 'Have the client write {expected}, into aud when it signs: others could use the assertion here.',
  },
  'audience_mismatch token.aud': {
    summary: 'The access token is for {presented}; wanted is {expected}.',
    change: 'Get an access token with that audience; an account with a role may always ask for it.',
  },
  'expired token.exp': {
    summary: 'The access token had expired.',
    change: 'Get a new one shortly before the old one expires; expires_in says when.',
  },
  'key_unknown token.signature': {
    summary: 'The access token was signed with a key that is none of this tenant.',
    change: 'Get a new access token here.',
  },
  'account_unknown account': {
    summary: 'The account of the access token does not exist any more.',
    change: 'Sign in with another account.',
  },
};
