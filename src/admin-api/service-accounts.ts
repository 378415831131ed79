import * as z from 'zod';
import { roles } from '../core/accounts/role.ts';
import { accessTokenAlgorithms } from '../core/jwt/algorithms.ts';
import { credentialsResource, firstAccountKey } from './account-keys.ts';
import { pageQuery } from './page.ts';
import { warningsOf } from './warnings.ts';
import { identifier, removable, status, text, timestamp } from './text.ts';

const claim = text(256, 1);
const comparable = z.union([text(1024), z.number(), z.boolean()]);

/** A condition: `equals`, `oneOf` or `matches`, exactly one of them. */
const condition = z.union(
  [
    z.strictObject({ claim, equals: comparable }),
    z.strictObject({ claim, oneOf: z.array(comparable).min(1).max(100) }),
    z.strictObject({ claim, matches: text(512) }),
  ],
  { error: 'Give claim and exactly one of equals, oneOf, matches.' },
);

/**
 * Members that are missing come through as `null`, so that the rules of registration can say what to do about it. What a
 * read gave may be sent back as it is.
 */
const federationMembers = {
  issuer: text(1024),
  jwksUri: text(2048, 1).nullable().default(null),
  subject: text(2048).nullable().default(null),
  subjectPattern: text(2048).nullable().default(null),
  audience: text(1024).nullable().default(null),
  conditions: z.array(condition).max(50).default([]),
  cel: text(4096).nullable().default(null),
  allowAdditionalAudiences: z.boolean().default(false),
};

const createdFederation = z.strictObject(federationMembers).meta({ id: 'CreateFederation' });
const patchedFederation = z
  .strictObject({ id: identifier.nullable().default(null), ...federationMembers })
  .meta({ id: 'PatchFederation' });

const members = {
  name: text(512),
  description: text(1024),
  owningTeam: text(64),
  useCase: text(64),
  scopes: z.array(text(128)).max(200),
  audiences: z.array(text(512)).max(50),
  role: z.enum(roles).nullable(),
  accessTokenAlgorithm: z.enum(accessTokenAlgorithms).nullable(),
  capToSubjectExpiry: z.boolean(),
};

/** Body of `POST /service-accounts` (contract §5, federated). */
export const createServiceAccountBody = z
  .strictObject({
    name: members.name,
    description: members.description.default(''),
    owningTeam: members.owningTeam,
    useCase: members.useCase,
    scopes: members.scopes.default([]),
    audiences: members.audiences.default([]),
    role: members.role.default(null),
    status: status.default('enabled'),
    accessTokenAlgorithm: members.accessTokenAlgorithm.default(null),
    capToSubjectExpiry: members.capToSubjectExpiry.default(false),
    federations: z.array(createdFederation).max(50).default([]),
    key: firstAccountKey.optional(),
  })
  .meta({
    id: 'CreateServiceAccount',
    example: {
      name: 'deploy-payments',
      description: 'Deploys the payments API',
      owningTeam: 'default',
      useCase: 'custom-api-integration',
      scopes: ['certificates:read'],
      audiences: ['https://api.example.com'],
      federations: [
        {
          issuer: 'https://token.actions.githubusercontent.com',
          subject: 'repo:acme/payments:environment:production',
          audience: 'https://sts.example.com',
          conditions: [{ claim: 'repository_owner_id', equals: '8675309' }],
        },
      ],
    },
  });

/** Body of `PATCH /service-accounts/{id}`. */
export const patchServiceAccountBody = z
  .strictObject({
    name: members.name.optional(),
    description: removable(members.description, ''),
    owningTeam: members.owningTeam.optional(),
    useCase: members.useCase.optional(),
    scopes: removable(members.scopes, []),
    audiences: removable(members.audiences, []),
    role: members.role.optional(),
    status: status.optional(),
    accessTokenAlgorithm: members.accessTokenAlgorithm.optional(),
    capToSubjectExpiry: removable(members.capToSubjectExpiry, false),
    federations: removable(z.array(patchedFederation).max(50), []),
  })
  .meta({ id: 'PatchServiceAccount', example: { status: 'disabled' } });

/** Query of `GET /service-accounts`. */
export const listServiceAccountsQuery = z.strictObject({
  ...pageQuery,
  team: text(128).optional().meta({ description: 'Only accounts owned by this team.' }),
  useCase: text(128).optional().meta({ description: 'Only accounts of this use case.' }),
  status: status.optional(),
  q: text(128)
    .optional()
    .meta({ description: 'Part of the name or description, in any case, taken literally.' }),
});

const federationResource = z
  .strictObject({
    id: z.string(),
    issuer: z.string(),
    jwksUri: z.string().nullable(),
    subject: z.string().nullable(),
    subjectPattern: z.string().nullable(),
    audience: z.string(),
    conditions: z.array(
      z.strictObject({
        claim: z.string(),
        equals: comparable.optional(),
        oneOf: z.array(comparable).optional(),
        matches: z.string().optional(),
      }),
    ),
    cel: z.string().nullable(),
    allowAdditionalAudiences: z.boolean(),
  })
  .meta({ id: 'Federation' });

const resourceMembers = {
  id: z.string(),
  clientId: z.string().meta({ description: 'The same as id.' }),
  name: z.string(),
  description: z.string(),
  owningTeam: z.string(),
  useCase: z.string(),
  scopes: z.array(z.string()),
  audiences: z
    .array(z.string())
    .meta({ description: 'What its tokens may be for; where none was registered, the default.' }),
  role: members.role,
  status,
  accessTokenAlgorithm: members.accessTokenAlgorithm,
  capToSubjectExpiry: z.boolean(),
  federations: z.array(federationResource),
  warnings: warningsOf,
  createdAt: timestamp,
  updatedAt: timestamp,
};

/** A service account on the wire. */
export const serviceAccountResource = z.strictObject(resourceMembers).meta({ id: 'ServiceAccount' });

/** A service account that was just made, with its credentials where its key pair was made here. */
export const createdServiceAccountResource = z
  .strictObject({ ...resourceMembers, credentials: credentialsResource.optional() })
  .meta({ id: 'ServiceAccountWithCredentials' });

/** Query of what would take away an administrator. */
export const forceQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .meta({
      description:
        'true: also when no other administrator could sign in right now; one has to be there all the same.',
    }),
});
