import type { FastifyServerOptions } from 'fastify';

const refuseSchema = (): never => {
  throw new Error('a route with a schema needs compilers of its own scope');
};

/**
 * Keeps Fastify from loading its JSON Schema compilers, which no route here uses: the token routes have no schema, and the
 * admin API brings its own. A schema elsewhere is a fault that ends the start.
 */
export const noSchemaCompilers: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: () => refuseSchema, buildSerializer: () => refuseSchema },
};
