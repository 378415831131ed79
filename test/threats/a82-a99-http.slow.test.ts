// A.7 and A.8 over real sockets, against the real process.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BureauProcess, startBureau } from '../support/bureau-process.ts';
import { createFakeIssuer, type FakeIssuer } from '../support/fake-issuer.ts';
import { type RawExchange, sendRaw } from '../support/raw-http.ts';
import { doors, registered } from '../support/test-bureau.ts';

let issuer: FakeIssuer;
let bureau: BureauProcess;
let body: string;
beforeAll(async () => {
  issuer = await createFakeIssuer();
  bureau = await startBureau({ environment: { BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}` } });
  await register(bureau);
  body = encoded(await formOf());
});
afterAll(async () => {
  await bureau.stop();
  await issuer.close();
});

const register = async (server: BureauProcess): Promise<void> => {
  const created = await server.admin('POST', '/service-accounts', {
    name: 'deploy-payments',
    owningTeam: 'default',
    useCase: 'custom-api-integration',
    scopes: ['certificates:read'],
    audiences: ['https://api.example.com'],
    federations: [
      {
        issuer: issuer.issuer,
        jwksUri: issuer.jwksUri,
        subject: registered.subject,
        audience: registered.audience,
      },
    ],
  });
  expect(created.status).toBe(201);
};
const formOf = async (): Promise<Record<string, string>> =>
  doors[0]?.form(await issuer.signToken({ sub: registered.subject, aud: registered.audience })) ?? {};
const encoded = (form: Record<string, string>): string => new URLSearchParams(form).toString();
const formType = 'Content-Type: application/x-www-form-urlencoded\r\n';
/** A POST of the good form with these further header lines. */
const post = (lines = '', { length = true, host = 'Host: x\r\n', payload = body } = {}): string =>
  `POST /token HTTP/1.1\r\n${host}${formType}${length ? `Content-Length: ${payload.length}\r\n` : ''}${lines}\r\n${payload}`;
const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const smuggled = 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n';

const expectTurnedAway = (
  { text, statuses, closed }: RawExchange,
  allowed: readonly number[] = [400],
): void => {
  expect(statuses).toHaveLength(1);
  expect(allowed).toContain(statuses[0]);
  expect(text).not.toContain('access_token');
  expect(closed).toBe(true);
};
const expectAlive = async (): Promise<void> => {
  expect((await bureau.token(await formOf())).status).toBe(200);
};

describe('A88 request smuggling', () => {
  it('control: the same bytes without the defect, and two in a row on one connection', async () => {
    expect((await sendRaw(bureau.url, post())).statuses).toEqual([200]);
    expect((await sendRaw(bureau.url, post() + smuggled)).statuses).toEqual([200, 200]);
    const inChunks = post('Transfer-Encoding: chunked\r\n', { length: false, payload: '' }) + chunked(body);
    expect((await sendRaw(bureau.url, inChunks)).statuses).toEqual([200]);
  });
  it.each([
    [
      'Content-Length and Transfer-Encoding',
      () => post('Transfer-Encoding: chunked\r\n', { payload: '' }) + chunked(body) + smuggled,
    ],
    ['two Content-Length', () => post('Content-Length: 0\r\n') + smuggled],
    ['two equal Content-Length', () => post(`Content-Length: ${body.length}\r\n`) + smuggled],
    [
      'Content-Length with a list',
      () => post('', { length: false }).replace('\r\n\r\n', `\r\nContent-Length: ${body.length}, 0\r\n\r\n`),
    ],
    [
      'Content-Length with a sign',
      () => post('', { length: false }).replace('\r\n\r\n', `\r\nContent-Length: +${body.length}\r\n\r\n`),
    ],
    [
      'Content-Length in hex',
      () => post('', { length: false }).replace('\r\n\r\n', '\r\nContent-Length: 0x10\r\n\r\n'),
    ],
    [
      'negative Content-Length',
      () => post('', { length: false }).replace('\r\n\r\n', '\r\nContent-Length: -1\r\n\r\n'),
    ],
    [
      'Transfer-Encoding: xchunked',
      () =>
        post('Transfer-Encoding: xchunked\r\n', { length: false, payload: '' }) + chunked(body) + smuggled,
    ],
    [
      'Transfer-Encoding: chunked, identity',
      () => post('Transfer-Encoding: chunked, identity\r\n', { length: false, payload: '' }) + chunked(body),
    ],
    [
      'Transfer-Encoding with a space before the colon',
      () =>
        post('Transfer-Encoding : chunked\r\n', { length: false, payload: '' }) + chunked(body) + smuggled,
    ],
    ['a space before the colon', () => post('X-A : b\r\n')],
    ['obs-fold', () => post('X-A: b\r\n c\r\n')],
    ['bare LF after a header', () => post('X-A: b\n')],
    ['bare LF throughout', () => post().replaceAll('\r\n', '\n')],
    ['bare CR in a header', () => post('X-A: b\rX-B: c\r\n')],
    ['NUL in a header', () => post('X-A: b\0c\r\n')],
    ['a header without a name', () => post(': b\r\n')],
    ['a header line without a colon', () => post('nonsense\r\n')],
    ['two Host', () => post('Host: y\r\n')],
    ['two Host, other case', () => post('hOST: x\r\n')],
    ['no Host', () => post('', { host: '' })],
    [
      'a chunk length that is none',
      () => `${post('Transfer-Encoding: chunked\r\n', { length: false, payload: '' })}zz\r\nabc\r\n0\r\n\r\n`,
    ],
    [
      'a chunk longer than it says',
      () =>
        `${post('Transfer-Encoding: chunked\r\n', { length: false, payload: '' })}2\r\nabcdef\r\n0\r\n\r\n`,
    ],
    ['HTTP/3.7', () => smuggled.replace('HTTP/1.1', 'HTTP/3.7')],
    ['a space in the target', () => smuggled.replace('/readyz', '/ready z')],
    ['not HTTP at all', () => '\u0016\u0003\u0001\u0002\0\u0001'],
  ])('A88 %s: 400, one answer, connection closed', async (_title, request) => {
    expectTurnedAway(await sendRaw(bureau.url, request()), [400, 505]);
    await expectAlive();
  });
});

it('A88 a line of HTTP/0.9, which Node still answers: then closed, and nothing is issued', async () => {
  for (const line of ['GET /livez', 'POST /token', 'GET /api/v1/teams']) {
    const { text, statuses, closed } = await sendRaw(bureau.url, `${line}\r\n\r\n`, smuggled);
    expect(text).not.toContain('access_token');
    // What follows is no second request.
    expect(text).not.toContain('"ready"');
    for (const status of statuses.slice(1)) expect(status).toBe(400);
    expect(closed).toBe(true);
  }
});

describe('A82 to A87 over a socket', () => {
  it('A83 many names, A82 repeats, A87 raw bytes: 400 in the shape of OAuth', async () => {
    for (const payload of [
      Array.from({ length: 20_000 }, (_unused, index) => index.toString(36))
        .join('&')
        .slice(0, 60_000),
      `${body}&subject_token=x`,
      `${body}&client_id=\u00ff`,
      `${body}&client_id=%ff`,
      `${body}&client_id=%00`,
      '\0'.repeat(1000),
    ]) {
      const { text, statuses } = await sendRaw(bureau.url, post('', { payload }));
      expect(statuses).toEqual([400]);
      expect(text).toContain('"error":"invalid_request"');
    }
    await expectAlive();
  });
  it('A86 64 KiB + 1 by length and by chunks: 413; a length that never comes true: nothing is issued', async () => {
    const payload = `${body}&x=${'a'.repeat(65_537 - body.length - 3)}`;
    for (const request of [
      post('', { payload }),
      post('Transfer-Encoding: chunked\r\n', { length: false, payload: '' }) + chunked(payload),
      post('', { length: false }).replace('\r\n\r\n', '\r\nContent-Length: 10000000000\r\n\r\n'),
    ]) {
      const { text, statuses, closed } = await sendRaw(bureau.url, request);
      expect(statuses).toEqual([413]);
      expect(text).toContain('"error":"invalid_request"');
      expect(closed).toBe(true);
    }
    const short = await sendRaw(
      bureau.url,
      post('', { length: false }).replace('\r\n\r\n', `\r\nContent-Length: ${body.length - 10}\r\n\r\n`),
    );
    expect(short.text).not.toContain('access_token');
    await expectAlive();
  });
  it('A85 two Content-Type headers, and one that was bent', async () => {
    for (const lines of [
      'Content-Type: application/json\r\n',
      'Content-Type: application/x-www-form-urlencoded\r\n',
    ]) {
      const { text, statuses } = await sendRaw(bureau.url, post(lines));
      // Node keeps the first of two, a proxy may keep the last: one request would have two meanings.
      expect(statuses[0]).toBe(400);
      expect(text).toContain('"error":"invalid_request"');
    }
    await expectAlive();
  });
  it('A84 a token in the query is not read and does not reach the log', async () => {
    const answer = await bureau.token({}, `/token?${body}`);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
    const head = await sendRaw(
      bureau.url,
      `HEAD /token?${body} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(head.statuses).toEqual([405]);
    expect(bureau.lines().join('\n')).not.toMatch(/eyJ|subject_token=/);
  });
});

describe('A90 A91 floods and hostile headers', () => {
  it('A91 a header of 32 KB is 431 in our shape; a thousand headers and strange names are borne', async () => {
    const large = await sendRaw(
      bureau.url,
      `GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(32_768)}\r\n\r\n`,
    );
    expectTurnedAway(large, [431]);
    expect(large.text).toContain('"error":"invalid_request"');
    const names = ['__proto__', 'constructor', 'hasownproperty', 'toString', 'x-forwarded-for', 'forwarded'];
    for (const name of names) {
      const { statuses } = await sendRaw(bureau.url, post(`${name}: x\r\n${name}: y\r\n`));
      expect([name, ...statuses]).toEqual([name, 200]);
    }
    const many = await sendRaw(
      bureau.url,
      `GET /livez HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(2000)}\r\n`,
    );
    expect([200, 431]).toContain(many.statuses[0]);
    const foreign = await sendRaw(bureau.url, post('X-A: \u00e9\u00ff\r\n'));
    expect([200, 400]).toContain(foreign.statuses[0]);
    await expectAlive();
  });
  it('A90 500 requests in one breath are all answered, in order, and then the next', async () => {
    const { statuses } = await sendRaw(bureau.url, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
    expect(statuses).toEqual(Array.from({ length: 500 }, () => 200));
    await expectAlive();
  });
});

describe('A93 Host decides nothing', () => {
  it.each([
    'Host: evil.example',
    'Host: x\r\nX-Forwarded-Host: evil.example',
    'Host: x\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example',
    'Host: x\r\nForwarded: host=evil.example;proto=https',
    'Host: x\r\nX-Original-URL: /api/v1/teams\r\nX-Rewrite-URL: /api/v1/teams',
  ])('A93 AT-05 MD-04 %j', async (lines) => {
    for (const path of [
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/api/v1/openapi.json',
      '/.well-known/oauth-protected-resource/api/v1',
    ]) {
      const { text } = await sendRaw(
        bureau.url,
        `GET ${path} HTTP/1.1\r\n${lines}\r\nConnection: close\r\n\r\n`,
      );
      expect(text).toContain('HTTP/1.1 200');
      expect(text).not.toContain('evil.example');
    }
    const issued = await sendRaw(bureau.url, post('', { host: `${lines}\r\n` }));
    const [, claims = ''] = /"access_token":"[^.]+\.([^.]+)\./.exec(issued.text) ?? [];
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ iss: bureau.issuer });
    const challenge = await sendRaw(
      bureau.url,
      `GET /api/v1/teams HTTP/1.1\r\n${lines}\r\nConnection: close\r\n\r\n`,
    );
    expect(challenge.statuses).toEqual([401]);
    expect(challenge.text).not.toContain('evil.example');
  });
  it('A93 an absolute target names no other server', async () => {
    const { text } = await sendRaw(
      bureau.url,
      'GET http://evil.example/.well-known/oauth-authorization-server HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(text).not.toContain('"issuer":"http://evil.example');
  });
});

it('TR-12 no answer sends a client from http to https, whatever a proxy may say: the credential would have leaked', async () => {
  for (const lines of [
    '',
    'X-Forwarded-Proto: http\r\n',
    'X-Forwarded-Ssl: off\r\n',
    'Upgrade-Insecure-Requests: 1\r\n',
  ]) {
    const good = await sendRaw(bureau.url, post(lines));
    const bad = await sendRaw(bureau.url, post(lines, { payload: 'grant_type=password' }));
    expect([...good.statuses, ...bad.statuses]).toEqual([200, 400]);
    expect(good.text + bad.text).not.toMatch(/^location:/im);
  }
});

describe('A94 the guard and the router see one path', () => {
  const spellings = [
    '//api/v1/teams',
    '/api//v1/teams',
    '/api/v1/teams/',
    '/API/V1/TEAMS',
    '/%61pi/v1/teams',
    '/api%2Fv1%2Fteams',
    '/api/v1%2fteams',
    '/api/v1/teams;x',
    '/api/v1/teams%3Bx',
    '/x/../api/v1/teams',
    '/api/v1/./teams',
    '/api/v1/%2e/teams',
    '/api/v1/x/%2e%2e/teams',
    '/api/v1/teams%00',
    '/api/v1/teams%20',
    '/api/v1/teams.json',
    '/api\\v1\\teams',
    '/t/default/api/v1/teams',
    '/t//api/v1/teams',
    '/t/%2e%2e/api/v1/teams',
    '/api/v1/%74eams',
    '/api/v1/teams?x=/../livez',
    '/livez/../api/v1/teams',
    '/api/v1/teams#x',
    '*',
    'http://x/api/v1/teams',
  ];
  it.each(spellings)('A94 %s is closed without a credential', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND', 'CONNECT']) {
      const { statuses } = await sendRaw(
        bureau.url,
        `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      for (const status of statuses) expect([400, 401, 404, 405]).toContain(status);
    }
  });
  it('A94 control: the true path with a credential', async () =>
    expect((await bureau.admin('GET', '/teams')).status).toBe(200));
});

describe('A95 A96 headers of every route', () => {
  const routes = [
    '/livez',
    '/readyz',
    '/metrics',
    '/nothing',
    '/token',
    '/api/v1/teams',
    '/api/v1/nothing',
    '/api/v1/openapi.json',
    '/api/v1/docs',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/.well-known/jwks.json',
    '/spiffe/bundle.json',
    '/spiffe/.well-known/jwks.json',
    '/.well-known/oauth-protected-resource/api/v1',
  ];
  it.each(routes)('A95 %s: nosniff, no banner, a declared cache policy', async (path) => {
    const { headers } = await fetch(`${bureau.url}${path}`, { redirect: 'manual' });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
    // The page of the reference alone leaves it to the browser.
    if (!path.endsWith('/docs')) expect(headers.get('cache-control')).not.toBeNull();
    expect(headers.get('set-cookie')).toBeNull();
  });
  it('A95 a page says what it may do and who may frame it', async () => {
    const { headers } = await fetch(`${bureau.url}/api/v1/docs`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*/);
  });
  it('A95 tokens and what administrators see are never stored', async () => {
    const token = await fetch(`${bureau.url}/token`, {
      method: 'POST',
      body: new URLSearchParams(await formOf()),
    });
    expect(token.headers.get('cache-control')).toBe('no-store');
    expect((await bureau.admin('GET', '/teams')).headers.get('cache-control')).toMatch(/no-store/);
  });
  it.each([
    '/token',
    '/t/default/token',
    '/v1/oauth/token/serviceaccount',
    '/api/v1/teams',
    '/api/v1/nothing',
    '/t/default/api/v1/teams',
  ])('A96 %s gives no page of another origin permission', async (path) => {
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const answer = await fetch(`${bureau.url}${path}`, { method, headers });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('RS-06 A97 one shape of error', () => {
  const oauth = /^\{"error":"[a-z_]+","error_description":"[^"\\]+"/;
  it.each([
    ['404', 'GET', '/nothing', {}, '', 404],
    [
      '404 of an alias',
      'POST',
      '/v1/oauth2/v2.0/nobody/token',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'a=b',
      404,
    ],
    ['405', 'PUT', '/token', {}, '', 405],
    ['405 of a document', 'POST', '/.well-known/jwks.json', {}, '', 405],
    [
      '413',
      'POST',
      '/token',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'a'.repeat(70_000),
      413,
    ],
    ['415 is 400 by RFC 6749', 'POST', '/token', { 'content-type': 'application/json' }, '{}', 400],
    ['a target that cannot be decoded', 'GET', '/%zz', {}, '', 404],
    ['a method of other protocols', 'PROPFIND', '/token', {}, '', 405],
    ['a method of other protocols where nothing is', 'PROPFIND', '/nothing', {}, '', 404],
    ['a health route by POST', 'POST', '/livez', {}, '', 404],
  ] as [string, string, string, Record<string, string>, string, number][])(
    'A97 %s',
    async (_title, method, path, headers, payload, status) => {
      const answer = await fetch(`${bureau.url}${path}`, {
        method,
        headers,
        ...(payload === '' ? {} : { body: payload }),
      });
      const text = await answer.text();
      expect([answer.status, text]).toEqual([status, expect.stringMatching(oauth)]);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(text).not.toMatch(/statusCode|FST_|stack|at .*\.ts|Route /);
    },
  );
  it('A97 the admin API answers problems of its own, never Fastify’s', async () => {
    for (const [method, path, payload] of [
      ['GET', '/nothing', undefined],
      ['PUT', '/teams', {}],
      ['POST', '/teams', 'x'.repeat(2_000_000)],
      ['POST', '/service-accounts', {}],
      ['GET', '/activities/%00', undefined],
      ['GET', '/activities?cursor=%ff', undefined],
    ] as const) {
      const answer = await bureau.admin(method, path, payload);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.get('content-type')).toMatch(/^application\/(problem\+)?json/);
      expect(JSON.stringify(answer.body)).not.toMatch(/statusCode|FST_|stack/);
    }
  });
});

describe('A92 addresses cannot be made up', () => {
  const limited = async (
    environment: Record<string, string>,
    check: (server: BureauProcess, token: Record<string, string>) => Promise<void>,
  ): Promise<void> => {
    const server = await startBureau({
      environment: {
        BUREAU_OUTBOUND_ALLOW: `${issuer.host}:${issuer.port}`,
        BUREAU_RATE_LIMIT: '4',
        ...environment,
      },
    });
    try {
      await register(server);
      await check(server, await formOf());
    } finally {
      await server.stop();
    }
  };
  const send = (
    server: BureauProcess,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(`${server.url}/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  const forged = (index: number): Record<string, string>[] => [
    { 'x-forwarded-for': `203.0.113.${index}` },
    { 'x-real-ip': `203.0.113.${index}` },
    { forwarded: `for=203.0.113.${index}` },
    {
      'x-client-ip': `203.0.113.${index}`,
      'true-client-ip': `203.0.113.${index}`,
      'cf-connecting-ip': `203.0.113.${index}`,
    },
  ];

  it('A92 RL-01 TR-13 over the limit: 429 with Retry-After whatever the headers say, and the activity shows the socket', async () => {
    await limited({}, async (server, form) => {
      const statuses: number[] = [];
      for (let index = 0; index < 6; index += 1) statuses.push((await send(server, form)).status);
      // One request was the administrator's.
      expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
      for (const [index, headers] of forged(7).entries()) {
        const answer = await send(server, form, headers);
        expect([index, answer.status]).toEqual([index, 429]);
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
        const refusal = (await answer.json()) as { error: string; receipt: string };
        expect(refusal.error).toBe('temporarily_unavailable');
        expect((await server.admin('GET', `/activities/${refusal.receipt}`)).body).toMatchObject({
          reason: 'rate_limited',
          sourceAddress: '127.0.0.1',
        });
      }
      // Nothing else is throttled with it.
      expect((await fetch(`${server.url}/livez`)).status).toBe(200);
      expect((await fetch(`${server.url}/.well-known/jwks.json`)).status).toBe(200);
    });
  }, 60_000);
  it('A92 TR-13 positive control: behind a trusted proxy the forwarded address counts', async () => {
    await limited({ BUREAU_TRUST_PROXY: '127.0.0.1' }, async (server, form) => {
      for (let index = 1; index <= 6; index += 1)
        expect((await send(server, form, { 'x-forwarded-for': `203.0.113.${index}` })).status).toBe(200);
      const spoofed = { 'x-forwarded-for': '198.51.100.7, 203.0.113.200' };
      for (let index = 0; index < 4; index += 1) expect((await send(server, form, spoofed)).status).toBe(200);
      // What the client itself wrote in front does not change the address the proxy saw.
      const other = await send(server, form, { 'x-forwarded-for': '198.51.100.8, 203.0.113.200' });
      expect(other.status).toBe(429);
      const { receipt } = (await other.json()) as { receipt: string };
      expect((await server.admin('GET', `/activities/${receipt}`)).body).toMatchObject({
        sourceAddress: '203.0.113.200',
      });
    });
  }, 60_000);
});

it('RS-12 A84 A102 nothing that was sent here is in the log', () => {
  const log = bureau.lines().join('\n');
  expect(bureau.lines().length).toBeGreaterThan(100);
  expect(log).not.toMatch(/eyJ/);
  expect(bureau.errors()).toBe('');
  for (const line of bureau.lines()) expect(() => JSON.parse(line) as unknown).not.toThrow();
});
