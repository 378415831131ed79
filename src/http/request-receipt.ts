import 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Id of the activity behind the answer, for the log line of the request. */
    receipt: string | null;
  }
}
