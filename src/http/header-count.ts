import type { FastifyRequest } from 'fastify';

/** How often a header came: where it may come once, two are how two parsers come to disagree (A85, A88). */
export const headerCount = (request: Pick<FastifyRequest, 'raw'>, name: string): number => {
  const { rawHeaders } = request.raw;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index];
    if (header?.length === name.length && header.toLowerCase() === name) count += 1;
  }
  return count;
};
