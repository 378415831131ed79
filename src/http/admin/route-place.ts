import type { AdminOperation } from '../../admin-api/operations.ts';

/** Where the route of an operation stands, in the words of the router. */
export const routePlace = ({
  method,
  path,
}: Pick<AdminOperation, 'method' | 'path'>): {
  readonly method: AdminOperation['method'];
  readonly url: string;
} =>
  // A colon of the path itself is written twice.
  ({ method, url: path.replaceAll(':', '::').replaceAll(/\{([a-zA-Z]+)\}/g, ':$1') });
