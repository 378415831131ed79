import type { Check } from './check.ts';
import { readableCheck } from './readable-check.ts';

/** What a check is about, in the words people use; the others go by their name. */
const subjects: Readonly<Record<string, string>> = {
  'federation.subject': 'The subject (sub)',
  'federation.audience': 'The audience (aud)',
  'federation.client_id': 'client_id',
  'federation.cel': 'The CEL expression of the federation',
  'account.status': 'The status of the account',
  'claims.iss': 'The issuer (iss)',
  'claims.sub': 'The subject (sub)',
  'claims.aud': 'The audience (aud)',
  'claims.exp': 'The expiry (exp)',
  'claims.iat': 'The time of issue (iat)',
  'claims.nbf': 'The time before which it is not valid (nbf)',
  'claims.jti': 'The identifier of the token (jti)',
  'claims.lifetime': 'The lifetime',
  'claims.cnf': 'The confirmation (cnf)',
  'issuer.registered': 'The issuer (iss)',
  'issuer.status': 'The status of the trusted issuer',
  key: 'The key of the token',
  signature: 'The signature',
  'token.size': 'The size of the token',
  'token.form': 'What was sent',
  'token.json': 'The content of the token',
  'header.alg': 'The algorithm (alg)',
  'header.alg.allowed': 'The algorithm (alg)',
  'header.typ': 'The type (typ)',
  'header.typ.allowed': 'The type (typ)',
  'header.kid': 'The key id (kid)',
  'header.members': 'The header',
  'assertion.account': 'The account',
  'assertion.key': 'The key of the assertion',
  'jti.unused': 'The identifier of the token (jti)',
  'request.scope': 'scope',
  'request.audience': 'audience',
  'request.resource': 'resource',
  'request.content-type': 'The content type',
  'client.authentication': 'The authentication of the client',
  'claims.iss.form': 'The issuer (iss)',
  'claims.sub.form': 'The subject (sub)',
  'claims.sub.trustDomain': 'The trust domain of the subject',
  'door.own-key': 'The issuer (iss)',
  'federation.definition': 'The federation as it is stored',
  'federation.unique': 'The choice of the account',
  'request.body': 'The body of the request',
  'request.body.size': 'The size of the body',
  'request.encoding': 'The encoding of the body',
  'request.method': 'The method',
  'request.parameters': 'The number of parameters',
  'request.rate': 'The number of requests',
  'request.authorization': 'The Authorization header',
  'request.credential_provider': 'The credential provider',
  server: 'The server',
  'signing-key': 'The signing key',
  tenant: 'The tenant',
  'tenant.status': 'The status of the tenant',
  'tenant.federatedClientAssertion': 'The setting federatedClientAssertion of the tenant',
  'token.kind': 'The kind of the token',
  'token.client': 'The account of the token',
  'token.type': 'The type (typ)',
  'token.signature': 'The signature',
  'token.iss': 'The issuer (iss)',
  'token.aud': 'The audience (aud)',
  'token.exp': 'The expiry (exp)',
  'token.cnf': 'The confirmation (cnf)',
  'token.revoked': 'The access token',
  'client.account': 'The account of the client assertion',
};

/** One failed check as a sentence: what came, and what would have been good. */
export const describeCause = (check: Check): string => {
  const { expected: exact, presented } = readableCheck(check);
  const expected = exact.replace(pattern, '$1a match of ');
  const [, claim, wanted] = condition.exec(check.check) === null ? [] : (claimed.exec(expected) ?? []);
  return claim === undefined || wanted === undefined
    ? `${subjectOf(check.check)} is ${presented}; wanted is ${expected}.`
    : `The claim ${claim} is ${presented}; wanted is ${wanted}.`;
};

/** A pattern, as checks write it, of a subject or of a claim. */
const pattern = /^((?:[^:]+: )?)matches /;

const condition = /^federation\.condition\.\d+$/;
/** The claim of a condition and what it has to be. */
const claimed = /^(.+?): (.+)$/s;

/** What a check is about, as a sentence about it begins. */
export const subjectOf = (check: string): string => {
  const known = subjects[check];
  if (known !== undefined) return known;
  if (condition.test(check)) return 'A claim with a condition';
  return check.startsWith('parameter.') ? check.slice('parameter.'.length) : check;
};
