import * as z from 'zod';
import { pageQuery } from './page.ts';
import { text, timestamp } from './text.ts';

/** Query of `GET /inbox`. */
export const listInboxQuery = z.strictObject({
  ...pageQuery,
  issuer: text(1024).optional(),
  subject: text(2048).optional(),
  verified: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .meta({ description: 'Whether a key of a trusted issuer verified the signature.' }),
});

const members = {
  id: z.string(),
  issuer: z.string().meta({ description: 'Who vouches for the token, as it says.' }),
  subject: z.string(),
  audience: z.string().meta({ description: 'Every audience of the token, joined by spaces.' }),
  verified: z.boolean().meta({
    description:
      'Whether a key of a trusted issuer verified the signature; else anybody may have made it up.',
  }),
  count: z.int().meta({ description: 'How many attempts.' }),
  firstSeen: timestamp,
  lastSeen: timestamp,
  lastReason: z.string(),
  lastReceipt: z.string().meta({ description: 'The activity of the last attempt.' }),
  door: z.string().nullable(),
};

/** A refused attempt that matched no account, with how often it was made. */
export const inboxEntryResource = z.strictObject(members).meta({ id: 'InboxEntry' });

/** The same with a sample of the claims, secrets out. */
export const inboxDetailResource = z
  .strictObject({ ...members, claims: z.record(z.string(), z.unknown()).nullable() })
  .meta({ id: 'InboxEntryWithClaims' });
