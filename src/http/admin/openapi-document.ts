import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { type AdminOperation, adminOperations } from '../../admin-api/operations.ts';

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The ETag of the version the change is about, or *.',
  schema: { type: 'string' },
  example: '"3"',
} as const;

const limitSchema = { type: 'integer', minimum: 1, maximum: 200, default: 50 } as const;
const etag = { description: 'The version of the resource, for If-Match.', schema: { type: 'string' } };
const location = { description: 'Where the new resource is.', schema: { type: 'string' } };

/** Turns the collected routes into the OpenAPI document: components from zod, and what body schemas cannot say. */
export const buildOpenapiDocument: typeof jsonSchemaTransformObject = (input) => {
  const document = jsonSchemaTransformObject(input);
  if (!('openapi' in document)) return document;
  for (const { method, path } of Object.values<AdminOperation>(adminOperations)) {
    const described = document.paths?.[`/api/v1${path}`]?.[method.toLowerCase() as 'get'];
    if (described === undefined) continue;
    const parameters: object[] = [...(described.parameters ?? [])];
    if (method === 'PATCH' || method === 'DELETE') parameters.push(ifMatch);
    for (const parameter of parameters) {
      // In a query everything is text; what it means is a number.
      if ('name' in parameter && parameter.name === 'limit')
        Object.assign(parameter, { schema: limitSchema, example: 50 });
    }
    if (parameters.length > 0) Object.assign(described, { parameters });
    describeSuccess(
      described.responses ?? {},
      method !== 'POST' && (path.includes('{') || path === '/settings'),
    );
  }
  return nameComponents(document);
};

const describeSuccess = (responses: object, oneResource: boolean): void => {
  for (const [status, response] of Object.entries(responses)) {
    if (status === '201')
      Object.assign(response, { description: 'Created.', headers: { ETag: etag, Location: location } });
    if (status === '200')
      Object.assign(response, { description: 'Done.', ...(oneResource ? { headers: { ETag: etag } } : {}) });
  }
};

const prefix = '#/components/schemas/';

/** What {@link nameComponents} looks at. */
interface DocumentParts {
  readonly paths?: object;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/**
 * The library makes every schema twice, as it is sent (`…Input`) and as it is answered. Only those that are used stay, and
 * where one form is used it has the plain name.
 */
const nameComponents = <T extends DocumentParts>(document: T): T => {
  const schemas = document.components?.schemas ?? {};
  const used = collectUsed(schemas, document.paths);
  const nameOf = (name: string): string => {
    const plain = name.replace(/Input$/, '');
    return used.has(plain) ? name : plain;
  };
  const renamed = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_key, text: unknown) =>
      typeof text === 'string' && text.startsWith(prefix)
        ? `${prefix}${nameOf(text.slice(prefix.length))}`
        : text,
    );
  const kept = Object.fromEntries([...used].map((name) => [nameOf(name), schemas[name]]));
  return {
    ...document,
    ...(renamed({ paths: document.paths, components: { ...document.components, schemas: kept } }) as object),
  };
};

const collectUsed = (schemas: Readonly<Record<string, unknown>>, from: unknown): ReadonlySet<string> => {
  const used = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name] of (JSON.stringify(value) ?? '').matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit(from);
  return used;
};
