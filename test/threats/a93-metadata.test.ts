import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPublishedServer, publishedPaths, type PublishedServer } from '../support/published-server.ts';

let server: PublishedServer;
beforeAll(async () => {
  server = await createPublishedServer();
});
afterAll(() => server.app.close());

describe.each([...publishedPaths('default'), ...publishedPaths('acme')])('A93 AT-05 MD-04 %s', (path) => {
  it.each([
    ['Host', { host: 'evil.example' }],
    ['Host with a port', { host: 'sts.example:8443' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example' }],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'http' }],
    ['X-Forwarded-Prefix', { 'x-forwarded-prefix': '/evil' }],
    ['Forwarded', { forwarded: 'host=evil.example;proto=http' }],
    ['X-Original-URL', { 'x-original-url': '/t/evil/.well-known/jwks.json' }],
    ['Origin', { origin: 'https://evil.example' }],
  ])('is the same byte for byte whatever %s says', async (_header, headers) => {
    const control = await server.app.inject(path);
    expect(control.statusCode).toBe(200);
    const response = await server.app.inject({ url: path, headers });
    expect(response.statusCode).toBe(200);
    expect(response.rawPayload.equals(control.rawPayload)).toBe(true);
    expect(response.headers.etag).toBe(control.headers.etag);
    expect(JSON.stringify(response.headers)).not.toContain('evil');
  });

  it('is the same with a query, which says nothing here', async () => {
    const control = await server.app.inject(path);
    const response = await server.app.inject(`${path}?issuer=https://evil.example&tenant=acme`);
    expect(response.rawPayload.equals(control.rawPayload)).toBe(true);
  });
});
