import { type AdminOperation, adminOperations } from '../../admin-api/operations.ts';

const operations: readonly AdminOperation[] = Object.values(adminOperations);

/** The methods of the resource at `path`, below `/api/v1`, for the Allow header (RFC 9110 §10.2.1); empty: no resource. */
export const allowedMethods = (path: string): readonly string[] => {
  const methods = operations.filter((operation) => fits(operation.path, path)).map(({ method }) => method);
  const withHead = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...new Set<string>(withHead)];
};

const fits = (template: string, path: string): boolean => {
  const wanted = template.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith('{') ? given[index] !== '' : part === given[index]))
  );
};
