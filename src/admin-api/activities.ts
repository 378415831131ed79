import * as z from 'zod';
import { pageQuery } from './page.ts';
import { text, timestamp } from './text.ts';

const outcome = z.enum(['issued', 'refused', 'changed']);
const moment = z.iso
  .datetime({ offset: true, error: 'Give a time such as 2027-01-31T12:00:00Z.' })
  .transform((value) => Date.parse(value));

/** Query of `GET /activities`. */
export const listActivitiesQuery = z.strictObject({
  ...pageQuery,
  from: moment.optional().meta({ description: 'First moment included.' }),
  to: moment.optional().meta({ description: 'First moment not included.' }),
  type: text(128)
    .optional()
    .meta({ description: 'Kind of event, for example token or service-account.create.' }),
  outcome: outcome.optional(),
  reason: text(128).optional().meta({ description: 'Why it was refused, for example audience_mismatch.' }),
  account: text(128).optional().meta({ description: 'Id of the service account concerned.' }),
  issuer: text(1024).optional(),
  subject: text(2048).optional(),
  jti: text(1024).optional().meta({ description: 'jti of the token issued.' }),
  receipt: text(128).optional().meta({ description: 'The receipt a refused caller was given.' }),
});

const party = z.strictObject({ id: z.string(), name: z.string() }).nullable();
const detail = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);

/** An activity on the wire (contract §5). */
export const activityResource = z
  .strictObject({
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
    checks: z.array(
      z.strictObject({
        check: z.string(),
        expected: z.string(),
        presented: z.string(),
        ok: z.boolean(),
        hint: z.string().optional(),
      }),
    ),
    details: z.record(z.string(), detail).nullable(),
  })
  .meta({ id: 'Activity' });
