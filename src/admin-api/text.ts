import * as z from 'zod';

/**
 * Text of bounded length that both databases can keep and every reader can print: no U+0000, which PostgreSQL refuses,
 * and no lone surrogate, which no UTF-8 has (A118). What it may say beyond that is for the rules of registration.
 */
export const text = (maxLength: number, minLength = 0) =>
  z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine((value) => !value.includes('\u0000'), 'Remove the character U+0000.')
    .refine(
      (value) => value.isWellFormed(),
      'The text is not well-formed Unicode: it has half a surrogate pair.',
    );

/** An opaque identifier in a path or a body; whether it exists is for the store. */
export const identifier = text(128, 1);

/** ISO 8601 with milliseconds, UTC. */
export const timestamp = z.iso.datetime({ precision: 3 });

/** `null` in a merge patch removes the member, which gives it its default back (RFC 7396). */
export const removable = <S extends z.ZodType, T extends z.output<S>>(schema: S, fallback: T) =>
  schema
    .nullable()
    .transform((value) => value ?? fallback)
    .optional();

/** Whether a resource may be used. */
export const status = z.enum(['enabled', 'disabled']);
