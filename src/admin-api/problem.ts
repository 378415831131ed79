import * as z from 'zod';

/** Problem details (RFC 9457) as every refusal of the admin API has them. */
export const problemDetails = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().meta({ description: 'Stable, for programs.' }),
    errors: z
      .array(
        z.strictObject({
          path: z.string().meta({ description: 'JSON pointer (RFC 6901).' }),
          message: z.string(),
        }),
      )
      .optional(),
  })
  .meta({
    id: 'Problem',
    example: {
      type: 'about:blank',
      title: 'The request is understood and refused',
      status: 422,
      detail:
        'The subject is missing: every workload of this issuer would be let in. Give the exact sub value, or a subjectPattern.',
      instance: '/api/v1/service-accounts',
      code: 'invalid',
      errors: [
        {
          path: '/federations/0/subject',
          message:
            'The subject is missing: every workload of this issuer would be let in. Give the exact sub value, or a subjectPattern.',
        },
      ],
    },
  });
