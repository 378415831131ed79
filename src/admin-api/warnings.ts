import * as z from 'zod';

/** What lint found in a registration: it was saved all the same. */
export const warningsOf = z
  .array(
    z
      .strictObject({
        code: z.string().meta({ description: 'Stable, for example recycled_name or overlap.' }),
        path: z.string().meta({ description: 'JSON pointer into the resource.' }),
        message: z.string(),
      })
      .meta({ id: 'Warning' }),
  )
  .meta({ description: 'What may not be meant; found when it was saved, and never a reason to refuse.' });
