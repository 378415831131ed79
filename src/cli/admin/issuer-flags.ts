import { allSignatureAlgorithms } from '../../core/jwt/algorithms.ts';
import { statuses } from './account-flags.ts';
import type { MemberFlag } from './member-flags.ts';

/** What an issuer is registered by; it never changes after that. */
export const issuerIdentityFlag: MemberFlag = {
  member: 'issuer',
  kind: 'text',
  flags: '--issuer <url>',
  description: 'its issuer identifier, as in iss',
};

/** The members of a trusted issuer that can be changed (contract §5). */
export const issuerFlags: readonly MemberFlag[] = [
  {
    member: 'jwksUri',
    kind: 'text',
    flags: '--jwks-uri <url>',
    description: 'where its keys are; else discovery',
    emptied: null,
  },
  {
    member: 'jwks',
    kind: 'jsonFile',
    flags: '--jwks <file>',
    description: 'its keys, pinned: a JWK Set',
    emptied: null,
  },
  {
    member: 'bundleEndpointUrl',
    kind: 'text',
    flags: '--bundle-endpoint-url <url>',
    description: 'of a SPIFFE trust domain: where its bundle is',
    emptied: null,
  },
  {
    member: 'bundleEndpointProfile',
    kind: 'text',
    flags: '--bundle-endpoint-profile <profile>',
    description: 'and how that endpoint is authenticated',
    choices: ['https_web'],
    emptied: null,
  },
  {
    member: 'algorithms',
    kind: 'list',
    flags: '--algorithm <algorithm>',
    description: 'what it may sign with; else all',
    choices: allSignatureAlgorithms,
    emptied: null,
  },
  {
    member: 'allowAccessTokenType',
    kind: 'switch',
    flags: '--allow-access-token-type',
    description: 'its access tokens are accepted too',
  },
  {
    member: 'replay',
    kind: 'text',
    flags: '--replay <kind>',
    description: 'whether a token may be exchanged again',
    choices: ['reusable', 'single-use'],
    emptied: null,
  },
  {
    member: 'staleIfErrorSeconds',
    kind: 'number',
    flags: '--stale-if-error <seconds>',
    description: 'how long known keys serve while it is not reachable',
    emptied: null,
  },
  {
    member: 'caCertificates',
    kind: 'textFile',
    flags: '--ca <file>',
    description: 'PEM of the CA its server is trusted by',
    emptied: null,
  },
  {
    member: 'status',
    kind: 'text',
    flags: '--status <status>',
    description: 'whether it may be used',
    choices: statuses,
  },
];
