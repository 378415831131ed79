import type { FastifySerializerCompiler } from 'fastify';
import type * as z from 'zod';

/**
 * Makes the text of an answer from its schema, so that a member no schema names never leaves (A62, A108).
 *
 * @throws when the answer is not what its schema says, a fault of ours
 */
export const serializeAnswer: FastifySerializerCompiler<z.ZodType> =
  ({ schema, method, url }) =>
  (answer) => {
    const encoded = schema.safeEncode(answer);
    if (!encoded.success)
      throw new Error(`the answer to ${method} ${url} is not of its schema`, { cause: encoded.error });
    return JSON.stringify(encoded.data);
  };
