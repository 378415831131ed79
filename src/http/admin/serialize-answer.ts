import type * as z from 'zod';

/**
 * Makes the text of an answer from its schema, so that a member no schema names never leaves (A62, A108).
 *
 * @throws when the answer is not what its schema says, a fault of ours
 */
export const serializeAnswer = (schema: z.ZodType, answer: unknown, operation: string): string => {
  const encoded = schema.safeEncode(answer);
  if (!encoded.success)
    throw new Error(`the answer of ${operation} is not of its schema`, { cause: encoded.error });
  return JSON.stringify(encoded.data);
};
