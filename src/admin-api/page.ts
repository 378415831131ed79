import * as z from 'zod';
import { text } from './text.ts';

/** Query members of every list. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^[0-9]{1,3}$/, 'Give a whole number, 1 to 200.')
    .transform(Number)
    .pipe(z.number().min(1).max(200))
    .default(50)
    .meta({ description: 'How many items at most, 1 to 200.', example: '50' }),
  cursor: text(1024, 1).optional().meta({ description: 'What the previous page gave as nextCursor.' }),
};

/** The query of a list without filters. */
export const listQuery = z.strictObject(pageQuery);

/** One page of `items`. */
export const pageOf = <T extends z.ZodType>(items: T) =>
  z.strictObject({
    items: z.array(items),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as cursor for the next page; null on the last one.' }),
  });
