import { describe, expect, it } from 'vitest';
import { discoverServer } from '../../../src/cli/token/discover-server.ts';
import { issuerOf } from '../../../src/cli/token/server-address.ts';
import { createFakeWorld, failureOf, networkError } from './fake-world.ts';

const issuer = 'https://sts.example.com';
const tokenEndpoint = `${issuer}/token`;

const discover = (asked: string, document: unknown, allowHttp = false) => {
  const world = createFakeWorld({
    answer: () => (typeof document === 'function' ? document() : Response.json(document)),
  });
  return { world, server: discoverServer(world, asked, { allowHttp }) };
};

describe('the server, from its discovery document (contract §4)', () => {
  it('OIDC Discovery §4 is read below the issuer', async () => {
    const { world, server } = discover(issuer, { issuer, token_endpoint: tokenEndpoint });
    expect(await server).toEqual({ issuer, tokenEndpoint });
    expect(world.calls.map(({ url, redirect }) => [url, redirect])).toEqual([
      [`${issuer}/.well-known/openid-configuration`, 'manual'],
    ]);
  });

  it.each([
    ['a slash more', `${issuer}/`],
    ['another case', 'https://STS.example.com'],
    ['another host', 'https://evil.example'],
    ['nothing', undefined],
    ['a list', [issuer]],
  ])('RFC 8414 §3.3 its issuer is compared byte for byte: %s, exit 2', async (_title, found) => {
    const { server } = discover(issuer, { issuer: found, token_endpoint: tokenEndpoint });
    const { code, text } = await failureOf(server);
    expect(code).toBe(2);
    expect(text).toMatch(/asked for the issuer https:\/\/sts\.example\.com, and the server calls itself/);
  });

  it.each([
    ['no token endpoint', { issuer }, 2, /names no token endpoint/],
    [
      'a token endpoint over http',
      { issuer, token_endpoint: 'http://sts.example.com/token' },
      2,
      /not an https URL/,
    ],
    ['not JSON', () => new Response('<html>'), 3, /is not JSON/],
    [
      '404: no such tenant',
      () => new Response('', { status: 404 }),
      1,
      /answered 404: no such server or tenant/,
    ],
    ['a redirect', () => new Response('', { status: 302 }), 1, /answered 302/],
    ['nobody there', () => networkError('ENOTFOUND'), 3, /is not known/],
  ])('%s', async (_title, document, code, line) => {
    const failure = await failureOf(discover(issuer, document).server);
    expect(failure.code).toBe(code);
    expect(failure.text).toMatch(line);
  });

  it('503 with Retry-After: waits', async () => {
    let count = 0;
    const { world, server } = discover(issuer, () =>
      ++count === 1
        ? new Response('', { status: 503, headers: { 'retry-after': '5' } })
        : Response.json({ issuer, token_endpoint: tokenEndpoint }),
    );
    expect(await server).toEqual({ issuer, tokenEndpoint });
    expect(world.sleeps).toEqual([5000]);
  });

  it.each([
    ['https://sts.example.com', false, true],
    ['http://127.0.0.1:8080', false, true],
    ['http://127.9.9.9', false, true],
    ['http://localhost:8080', false, true],
    ['http://[::1]:8080', false, true],
    ['http://sts.example.com', false, false],
    ['http://127.0.0.1.evil.example', false, false],
    ['http://localhost.evil.example', false, false],
    ['http://10.0.0.1', false, false],
    ['http://sts.example.com', true, true],
    ['ftp://sts.example.com', true, false],
    ['https://user:hunter2@sts.example.com', true, false],
    ['sts.example.com', true, false],
  ])('A55 %s, --allow-http %s: %s', async (server, allowHttp, isFine) => {
    const document = { issuer: server, token_endpoint: tokenEndpoint };
    const { world, server: found } = discover(server, document, allowHttp);
    if (isFine) return expect((await found).issuer).toBe(server);
    const { code, text } = await failureOf(found);
    expect(code).toBe(2);
    expect(text).not.toContain('hunter2');
    expect(world.calls).toEqual([]);
  });
});

describe('the issuer of a tenant (contract §1)', () => {
  it.each([
    [issuer, null, issuer],
    [`${issuer}/`, null, issuer],
    [issuer, 'default', issuer],
    [issuer, 'acme', `${issuer}/t/acme`],
    [`${issuer}/t/acme`, 'acme', `${issuer}/t/acme`],
    [`${issuer}/t/acme`, null, `${issuer}/t/acme`],
  ])('%s and tenant %s: %s', (server, tenant, expected) => {
    expect(issuerOf(server, tenant)).toBe(expected);
  });

  it.each(['../admin', 'a/b', 'A', '', '%2e'])('%j is no tenant', (tenant) => {
    expect(() => issuerOf(issuer, tenant)).toThrow('cannot be the name of a tenant');
  });
});
