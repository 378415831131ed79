import * as z from 'zod';
import { text } from './text.ts';
import { warningsOf } from './warnings.ts';

/** Members of the account that are known already; what is missing is filled in. */
const accountMembers = {
  name: text(512, 1).optional(),
  description: text(1024).optional(),
  owningTeam: text(64, 1).optional(),
  useCase: text(64, 1).optional(),
  scopes: z.array(text(128)).max(200).optional(),
  audiences: z.array(text(512)).max(50).optional(),
};

/** Body of `POST /service-accounts:propose`. */
export const proposeServiceAccountBody = z
  .strictObject({
    token: text(20_000, 1).optional().meta({
      description: 'A token of the workload. It is looked at and neither kept nor used up.',
    }),
    claims: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'In its place the claims such a token has.' }),
    ...accountMembers,
  })
  .meta({
    id: 'ProposeServiceAccount',
    example: {
      claims: {
        iss: 'https://token.actions.githubusercontent.com',
        sub: 'repo:acme/payments:environment:production',
        aud: 'https://sts.example.com',
        repository_owner_id: '8675309',
        repository_id: '1296269',
      },
    },
  });

/** Body of `POST /inbox/{id}/propose`; may be left out. */
export const proposeFromInboxBody = z.strictObject(accountMembers).meta({ id: 'ProposeFromInbox' });

const proposedFederation = z
  .strictObject({
    issuer: z.string(),
    jwksUri: z.string().optional(),
    subject: z.string().optional(),
    subjectPattern: z.string().optional(),
    audience: z.string(),
    conditions: z.array(z.strictObject({ claim: z.string(), equals: z.string() })),
  })
  .meta({ id: 'ProposedFederation' });

/** A registration that is ready to be made, and what to know before that. */
export const proposalResource = z
  .strictObject({
    proposal: z
      .strictObject({
        name: z.string(),
        description: z.string(),
        owningTeam: z.string(),
        useCase: z.string(),
        scopes: z.array(z.string()),
        audiences: z.array(z.string()),
        federations: z.array(proposedFederation),
      })
      .meta({ description: 'A body for POST /service-accounts, as it is.' }),
    trustedIssuer: z
      .strictObject({
        known: z.boolean(),
        id: z.string().nullable(),
        jwksUri: z.string().nullable(),
        how: z
          .enum(['registered', 'preset', 'discovery'])
          .nullable()
          .meta({ description: 'How jwksUri became known; null: it did not.' }),
      })
      .meta({ description: 'Who vouches for the token.' }),
    verified: z.boolean().meta({ description: 'Whether a key of the issuer verifies the token.' }),
    verification: z.string().meta({ description: 'Why it is so.' }),
    preset: z.strictObject({ name: z.string(), title: z.string() }).nullable(),
    matching: z
      .array(z.strictObject({ id: z.string(), name: z.string(), accepts: z.boolean() }))
      .meta({ description: 'Accounts whose federations cover the subject already.' }),
    advice: z.array(z.string()).meta({ description: 'What the workload or its platform has to do.' }),
    warnings: warningsOf,
    notes: z.array(z.string()).meta({ description: 'What was chosen, and why.' }),
  })
  .meta({ id: 'Proposal' });
