import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminOperations } from '../../../src/admin-api/operations.ts';
import { type AdminReply, type AdminServer, startAdminServer } from '../../support/admin-server.ts';

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly object[];
  readonly 'x-roles': readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<
    Record<string, { readonly headers?: object; readonly content?: object; readonly description: string }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: object;
  };
}

let server: AdminServer;
let reply: AdminReply;
let document: Document;

beforeAll(async () => {
  server = await startAdminServer();
  reply = await server.request('GET', '/api/v1/openapi.json', { as: null });
  document = reply.body as unknown as Document;
});
afterAll(() => server.close());

describe('contract §5, the OpenAPI document', () => {
  it('is OpenAPI 3.1 for the configured issuer and for tenants', () => {
    expect(reply.status).toBe(200);
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers.map(({ url }) => url)).toEqual([
      server.baseIssuer,
      `${server.baseIssuer}/t/{tenant}`,
    ]);
  });

  it('describes every operation of the permission table and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(
        ([method, operation]) => `${method.toUpperCase()} ${path} ${operation.operationId}`,
      ),
    );
    const wanted = Object.entries(adminOperations).map(
      ([name, { method, path }]) => `${method} /api/v1${path} ${name}`,
    );
    expect(described.toSorted()).toEqual(wanted.toSorted());
  });

  it.each(Object.entries(adminOperations))(
    'says of %s who may, what it answers and how it refuses',
    (name, operation) => {
      const described = document.paths[`/api/v1${operation.path}`]?.[operation.method.toLowerCase()];
      expect(described?.operationId).toBe(name);
      expect(described?.['x-roles']).toEqual([...operation.roles]);
      expect(described?.security).toEqual([{ accessToken: [] }]);
      expect(described?.summary).not.toBe('');
      const statuses = Object.keys(described?.responses ?? {});
      expect(statuses).toEqual(expect.arrayContaining(['401', '403', '422', '500', '503']));
      const changes = operation.method === 'PATCH' || operation.method === 'DELETE';
      expect(described?.parameters?.some(({ name: header }) => header === 'If-Match') ?? false).toBe(changes);
      expect(statuses.includes('428')).toBe(changes);
      for (const [status, { content }] of Object.entries(described?.responses ?? {})) {
        if (Number(status) >= 400) expect(Object.keys(content ?? {})).toEqual(['application/problem+json']);
      }
      if (operation.method === 'PATCH') {
        expect(Object.keys(described?.requestBody?.content ?? {})).toEqual([
          'application/json',
          'application/merge-patch+json',
        ]);
      }
    },
  );

  it('has no reference that leads nowhere and no component that nothing needs', () => {
    const names = [...reply.text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name ?? '',
    );
    expect([...new Set(names)].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
    expect(Object.keys(document.components.schemas).filter((name) => name.endsWith('Input'))).toEqual([]);
  });

  it('gives an example with every body', () => {
    const bodies = Object.entries(document.components.schemas).filter(([name]) =>
      /^(Create|Patch)(?!Federation)/.test(name),
    );
    expect(bodies.length).toBeGreaterThan(8);
    for (const [, schema] of bodies) expect(schema).toHaveProperty('example');
  });
});

describe('the reference', () => {
  it('A95 A110 is served from here alone, under a policy without unsafe-inline, without a credential', async () => {
    const page = await server.request('GET', '/api/v1/docs', { as: null });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(source).toMatch(/^\/api\/v1\/docs\//);
      expect((await server.request('GET', source, { as: null })).status).toBe(200);
    }
    expect(page.text).not.toMatch(/<script>|<style>| style=| on[a-z]+=/);
  });
});
