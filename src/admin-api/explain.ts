import * as z from 'zod';
import { activityResource, candidatesResource, explanationResource } from './activities.ts';
import { createServiceAccountBody } from './service-accounts.ts';
import { identifier, text, timestamp } from './text.ts';

/** Text as a form may hold it, what `/token` refuses among it: the decision is to see it. Half a surrogate pair no form has. */
const sent = (maxLength: number, minLength = 0) =>
  z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine(
      (value) => value.isWellFormed(),
      'The text is not well-formed Unicode: it has half a surrogate pair.',
    );

const value = sent(131_072);

/** A registration that is not saved: what a create takes; with `id` it stands in the place of that account. */
const proposedServiceAccount = createServiceAccountBody
  .extend({
    id: identifier.optional().meta({ description: 'The account it would replace; none: a new one.' }),
  })
  .meta({ id: 'ProposedServiceAccount' });

/** Body of `POST /explain` (contract §5): exactly one of `token` and `claims`. */
export const explainBody = z
  .strictObject({
    token: sent(131_072, 1)
      .optional()
      .meta({ description: 'The token or assertion a client would present. It is used up nowhere.' }),
    claims: z
      .union([z.record(z.string(), z.unknown()), text(49_152, 1)])
      .optional()
      .meta({
        description:
          'In its place the claims a token would have, as an object or as its text: header, key and signature are assumed, and iat and exp where both are missing.',
      }),
    clientId: text(512, 1).optional().meta({ description: 'client_id of the request.' }),
    parameters: z
      .record(sent(128), z.union([value, z.array(value).min(1).max(10)]))
      .default({})
      .meta({
        description:
          'Further form parameters; grant_type chooses the door (default token exchange, for an assertion with an own key client credentials). A list sends a parameter again.',
      }),
    at: z
      .union([
        z.enum(['now', 'issued']),
        z.iso
          .datetime({ offset: true, error: 'Give now, issued, or a time such as 2027-01-31T12:00:00Z.' })
          .transform((moment) => Date.parse(moment)),
      ])
      .default('now')
      .meta({
        description:
          'For which moment: now; issued, one second after iat, for a token that has expired; or a time. Whether it was used before is looked up for now alone.',
      }),
    proposed: proposedServiceAccount.optional(),
  })
  .meta({
    id: 'Explain',
    example: {
      claims: {
        iss: 'https://token.actions.githubusercontent.com',
        sub: 'repo:acme/payments:environment:production',
        aud: 'https://sts.example.com',
        repository_owner_id: '8675309',
      },
      parameters: { scope: 'certificates:read' },
    },
  });

const { shape } = activityResource;
const members = z.record(z.string(), z.unknown());

/** What the token endpoint would do with a request, and why. */
export const explainedResource = z
  .strictObject({
    outcome: z.enum(['issued', 'refused']).meta({ description: 'What would happen; nothing did.' }),
    reason: z.string().meta({ description: 'As an activity would have it.' }),
    door: z.string().nullable(),
    at: timestamp.meta({ description: 'The moment that was explained for.' }),
    account: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
    federation: z
      .strictObject({
        id: z.string(),
        issuer: z.string(),
        subject: z.string().nullable(),
        subjectPattern: z.string().nullable(),
        audience: z.string(),
      })
      .nullable(),
    error: z
      .strictObject({ status: z.int(), error: z.string(), error_description: z.string() })
      .nullable()
      .meta({ description: 'What the caller would be told, beside a receipt.' }),
    granted: z
      .strictObject({
        scope: z.string(),
        audience: z.string(),
        expiresIn: z.int(),
        tokenType: z.string(),
        issuedTokenType: z.string(),
        header: members,
        claims: members,
      })
      .nullable()
      .meta({ description: 'What the token would say; it was not made.' }),
    checks: shape.checks,
    candidates: candidatesResource,
    explanation: explanationResource.nullable().meta({ description: 'null where a token would be issued.' }),
    presented: shape.presented,
    parameters: shape.parameters,
    assumed: z.array(z.string()).meta({
      description:
        'What was taken as good and not looked at: header, key, signature, iat, exp, jti; candidates: the token would be refused before, and they are shown as if it were good.',
    }),
  })
  .meta({ id: 'Explained' });
