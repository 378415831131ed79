import * as z from 'zod';
import { blockKinds } from '../core/blocks/block.ts';
import { pageQuery } from './page.ts';
import { identifier, text, timestamp } from './text.ts';

/** Why, for who reads the trail later; blank is no reason. */
const reason = text(512, 1).refine((value) => value.trim() !== '', 'Say why, for who reads the trail later.');

const issuer = text(1024, 1);

const target = z.union(
  [
    z.strictObject({ account: identifier }),
    z.strictObject({ federation: identifier }),
    z.strictObject({ trustedIssuer: identifier }),
    z.strictObject({ issuer, subject: text(2048, 1) }),
    z.strictObject({ issuer, keyId: text(256, 1) }),
  ],
  { error: 'Give account, federation, trustedIssuer, or issuer with exactly one of subject and keyId.' },
);

/** Body of `POST /blocks`. */
export const createBlockBody = z.strictObject({ target, reason }).meta({
  id: 'CreateBlock',
  example: {
    target: {
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'repo:acme/payments:environment:production',
    },
    reason: 'The runner was taken over; ticket SEC-1042.',
  },
});

/** Query of `GET /blocks`. */
export const listBlocksQuery = z.strictObject({
  ...pageQuery,
  kind: z.enum(blockKinds).optional(),
  q: text(128)
    .optional()
    .meta({ description: 'Part of the target, its name or the reason, in any case, taken literally.' }),
});

/** Query of `DELETE /blocks/{id}`. */
export const deleteBlockQuery = z.strictObject({
  reason: reason.optional().meta({ description: 'Why it is removed, for the trail.' }),
});

/** A block on the wire. */
export const blockResource = z
  .strictObject({
    id: z.string(),
    kind: z.enum(blockKinds),
    target: z.union([
      z.strictObject({ account: z.string() }),
      z.strictObject({ federation: z.string() }),
      z.strictObject({ trustedIssuer: z.string() }),
      z.strictObject({ issuer: z.string(), subject: z.string() }),
      z.strictObject({ issuer: z.string(), keyId: z.string() }),
    ]),
    name: z.string().meta({ description: 'What the target was called when it was blocked.' }),
    reason: z.string(),
    createdBy: z.strictObject({ id: z.string(), name: z.string() }),
    createdAt: timestamp,
  })
  .meta({ id: 'Block' });
