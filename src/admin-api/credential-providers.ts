import * as z from 'zod';
import { accessTokenAlgorithms } from '../core/jwt/algorithms.ts';
import { identifier, removable, text, timestamp } from './text.ts';

const subject = z
  .strictObject({ type: z.enum(['literal', 'dynamic']), value: text(2048, 1) })
  .meta({ description: 'The SPIFFE ID, written out (literal) or with ${…} in its path (dynamic).' });

const claim = z.union(
  [
    z.strictObject({
      name: text(128, 1),
      type: z.literal('literal'),
      value: z.union([text(1024), z.number(), z.boolean()]),
    }),
    z.strictObject({ name: text(128, 1), type: z.literal('dynamic'), value: text(2048, 1) }),
  ],
  { error: 'Give name, type (literal or dynamic) and value.' },
);

const members = {
  name: text(512),
  description: text(1024),
  resourceSet: text(64),
  serviceAccounts: z.array(identifier).max(1000),
  subject,
  audience: text(512),
  lifetimeMinutes: z.number(),
  algorithm: z.enum(accessTokenAlgorithms),
  claims: z.array(claim).max(50),
};

/** Body of `POST /credential-providers` (contract §5). */
export const createCredentialProviderBody = z
  .strictObject({
    name: members.name,
    description: members.description.default(''),
    resourceSet: members.resourceSet.default('default'),
    serviceAccounts: members.serviceAccounts.default([]),
    subject: members.subject,
    audience: members.audience,
    lifetimeMinutes: members.lifetimeMinutes.default(15),
    algorithm: members.algorithm.default('RS256'),
    claims: members.claims.default([]),
  })
  .meta({
    id: 'CreateCredentialProvider',
    example: {
      name: 'payments-svid',
      serviceAccounts: ['0b6a3c0e-6f0e-4b43-9d0c-8d6b0d4a8b11'],
      subject: { type: 'dynamic', value: 'spiffe://example.com/ns/${namespace}/sa/${serviceaccount}' },
      audience: 'my-service.example.com',
      claims: [{ name: 'environment', type: 'literal', value: 'production' }],
    },
  });

/** Body of `PATCH /credential-providers/{id}`. */
export const patchCredentialProviderBody = z
  .strictObject({
    name: members.name.optional(),
    description: removable(members.description, ''),
    resourceSet: removable(members.resourceSet, 'default'),
    serviceAccounts: removable(members.serviceAccounts, []),
    subject: members.subject.optional(),
    audience: members.audience.optional(),
    lifetimeMinutes: removable(members.lifetimeMinutes, 15),
    algorithm: removable(members.algorithm, 'RS256'),
    claims: removable(members.claims, []),
  })
  .meta({ id: 'PatchCredentialProvider', example: { lifetimeMinutes: 5 } });

/** A credential provider on the wire. */
export const credentialProviderResource = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    resourceSet: z.string(),
    serviceAccounts: z.array(z.string()),
    subject,
    audience: z.string(),
    lifetimeMinutes: z.int(),
    algorithm: members.algorithm,
    claims: members.claims,
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'CredentialProvider' });

/** Body of `POST /credential-providers/{id}/verify`: a sample token, sample claims in its place, or neither as with an own key. */
export const verifyCredentialProviderBody = z
  .strictObject({
    token: text(16_384, 1)
      .optional()
      .meta({ description: 'A third-party token; verified as at the token endpoint, and used up nowhere.' }),
    claims: z.record(z.string(), z.unknown()).optional().meta({
      description: 'The claims a third-party token would have; nothing is verified about them.',
    }),
    serviceAccount: identifier.optional().meta({
      description:
        'The account in whose name; default the one the token belongs to, else the first bound one.',
    }),
  })
  .meta({
    id: 'VerifyCredentialProvider',
    example: { claims: { sub: 'system:serviceaccount:payments:api' } },
  });

/** What issuing would give: each point, and the decoded result, which is never a token. */
export const verifiedCredentialProviderResource = z
  .strictObject({
    ok: z.boolean(),
    checks: z.array(
      z.strictObject({
        check: z.string(),
        expected: z.string(),
        presented: z.string(),
        ok: z.boolean(),
        hint: z.string().optional(),
      }),
    ),
    header: z.record(z.string(), z.unknown()).nullable(),
    claims: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'VerifiedCredentialProvider' });
