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
  'token.form': 'The form of the token',
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
  'client.account': 'The account of the client assertion',
};

/** One failed check as a sentence: what came, and what would have been good. */
export const describeCause = (check: Check): string => {
  const { expected, presented } = readableCheck(check);
  return `${subjectOf(check.check)} is ${presented}; wanted is ${expected}.`;
};

const subjectOf = (check: string): string => {
  const known = subjects[check];
  if (known !== undefined) return known;
  if (check.startsWith('federation.condition.')) return 'A claim with a condition';
  return check.startsWith('parameter.') ? check.slice('parameter.'.length) : check;
};
