import * as z from 'zod';
import { pageQuery } from './page.ts';
import { text, timestamp } from './text.ts';

const outcome = z.enum(['issued', 'refused', 'changed']);
const moment = z.iso
  .datetime({ offset: true, error: 'Give a time such as 2027-01-31T12:00:00Z.' })
  .transform((value) => Date.parse(value));

/** What a list and an export of activities may be narrowed by; every given member must hold. */
const filters = {
  from: moment.optional().meta({
    description:
      'First moment included. A line that was written more than an hour away from its time may be left out.',
  }),
  to: moment.optional().meta({ description: 'First moment not included.' }),
  type: text(128)
    .optional()
    .meta({ description: 'Kind of event, for example token or service-account.create.' }),
  outcome: outcome.optional(),
  reason: text(128).optional().meta({ description: 'Why it was refused, for example audience_mismatch.' }),
  account: text(128).optional().meta({ description: 'Id of the service account concerned.' }),
  actor: text(128).optional().meta({ description: 'Id of the service account that acted.' }),
  issuer: text(1024).optional(),
  subject: text(2048).optional(),
  door: text(128).optional(),
  audience: text(2048).optional(),
  jti: text(1024).optional().meta({ description: 'jti of the token issued.' }),
  tokenHash: text(128).optional().meta({ description: 'Base64url SHA-256 of the token presented.' }),
  sourceAddress: text(128).optional(),
  receipt: text(128).optional().meta({ description: 'The receipt a refused caller was given.' }),
  q: text(256, 1)
    .optional()
    .meta({ description: 'Text anywhere in the activity as JSON, taken literally; A to Z in either case.' }),
};

/** Query of `GET /activities`. */
export const listActivitiesQuery = z.strictObject({ ...pageQuery, ...filters });

/** Query of `GET /activities/export`. */
export const exportActivitiesQuery = z.strictObject(filters);

/** What an export is: lines, each a JSON object. */
export const exportedActivities = z.string().meta({
  description:
    'One JSON object a line: the activities, oldest first, each with its tenant and its place in a chain; the last line has type export, the digest of the lines before it and a signature.',
});

const head = z.strictObject({
  writer: z.string(),
  ordinal: z.number().meta({ description: 'Of the chain among those of the tenant.' }),
  number: z.number().meta({ description: 'How many lines the chain has.' }),
  hash: z.string(),
});

/** What the check of the whole trail found. */
export const trailReportResource = z
  .strictObject({
    ok: z.boolean(),
    checked: z.number().meta({ description: 'Activities that were looked at.' }),
    unlinked: z.number().meta({ description: 'How many of them are from before there were chains.' }),
    heads: z.array(head).meta({ description: 'How each chain ends. Keep them elsewhere to compare later.' }),
    faults: z
      .array(
        z.strictObject({
          kind: z.string(),
          writer: z.string().nullable(),
          number: z.number().nullable(),
          id: z.string().nullable(),
          sentence: z.string(),
        }),
      )
      .meta({ description: 'The first faults, 20 at most.' }),
    faultCount: z.number(),
    checkpoint: z
      .string()
      .nullable()
      .meta({ description: 'Compact JWS that stands for the activities retention dropped.' }),
  })
  .meta({ id: 'TrailReport' });

const party = z.strictObject({ id: z.string(), name: z.string() }).nullable();
const detail = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

const check = z.strictObject({
  check: z.string(),
  expected: z.string(),
  presented: z.string(),
  ok: z.boolean(),
  hint: z.string().optional(),
});

const presentedJwt = z.strictObject({
  parameter: z
    .string()
    .meta({ description: 'Where it stood: a form parameter, or authorization for the header.' }),
  header: z.record(z.string(), z.unknown()).nullable(),
  claims: z.record(z.string(), z.unknown()).nullable(),
  verified: z
    .boolean()
    .meta({ description: 'Whether its signature was good; until then anybody may have written the rest.' }),
});

const activityMembers = {
  id: z.string().meta({ description: 'Also the receipt a refused caller gets.' }),
  time: timestamp,
  type: z.string(),
  outcome,
  reason: z.string(),
  door: z.string().nullable(),
  account: party,
  actor: party,
  issuer: z.string().nullable(),
  subject: z.string().nullable(),
  audience: z.string().nullable(),
  jti: z.string().nullable(),
  tokenHash: z.string().nullable(),
  sourceAddress: z.string().nullable(),
  checks: z.array(check),
  parameters: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .nullable()
    .meta({ description: 'Of a refusal: the form parameters, secrets replaced by their length.' }),
  presented: z.array(presentedJwt).meta({
    description:
      'Of a refusal: header and claims of each token, never the token; of a flood of forged ones not of all.',
  }),
  details: z.record(z.string(), detail).nullable(),
};

/** An activity on the wire (contract §5). */
export const activityResource = z.strictObject(activityMembers).meta({ id: 'Activity' });

const candidate = z.strictObject({
  account: party,
  federation: z.string().nullable().meta({ description: 'Id of the federation.' }),
  matches: z.boolean(),
  checks: z.array(check),
});

/** Why it was refused, in words; made when it is read. */
export const explanationResource = z
  .strictObject({
    summary: z.string().meta({ description: 'What happened.' }),
    causes: z.array(z.strictObject({ check: z.string(), sentence: z.string() })),
    change: z.string().meta({ description: 'What to do now, and where.' }),
  })
  .meta({ id: 'Explanation' });

/** The federations a token was held against, the nearest first. */
export const candidatesResource = z.array(candidate.meta({ id: 'Candidate' }));

/** One activity with what follows from it. */
export const activityStoryResource = z
  .strictObject({
    ...activityMembers,
    explanation: explanationResource.nullable().meta({ description: 'null where nothing was refused.' }),
    candidates: candidatesResource,
  })
  .meta({ id: 'ActivityStory' });
