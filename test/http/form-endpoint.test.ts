// The frame around an endpoint of OAuth, with an endpoint that does as it is told.
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeRefusal } from '../../src/core/oauth/errors.ts';
import { registerFormEndpoint } from '../../src/http/form-endpoint.ts';
import { createServer } from '../../src/http/server.ts';
import type { LoggedRequest } from '../../src/ports/request-log.ts';
import type { EndpointReply } from '../../src/token/endpoint.ts';
import { maxTokenRequestBytes, type TokenRequest } from '../../src/token/token-request.ts';

let app: FastifyInstance;
let seen: TokenRequest[];
let turnedAway: string[];
let lines: LoggedRequest[];
let faults: string[];
let answer: () => Promise<EndpointReply<object>>;

const granted: EndpointReply<object> = {
  ok: true,
  activity: 'an-activity',
  body: { access_token: 'ü' },
  tenant: 'default',
  account: 'an-account',
};

beforeEach(async () => {
  [seen, turnedAway, lines, faults] = [[], [], [], []];
  answer = async () => granted;
  app = createServer({
    logger: pino({ base: null }, { write: (line: string) => void faults.push(line) }),
    logRequest: (line) => void lines.push(line),
    trustProxy: ['127.0.0.1'],
  });
  await registerFormEndpoint<TokenRequest, object>(app, {
    paths: ['/form', '/t/:tenant/form'],
    limits: { perAddress: 'off', perTenant: 'off', openCounter: () => () => ({ count: 1, leftMs: 1 }) },
    complete: (_request, read) => read,
    answers: {
      answer: (request) => {
        seen.push(request);
        return answer();
      },
      turnAway: async (_caller, reason) => {
        turnedAway.push(reason);
        return {
          ok: false,
          activity: 'a-receipt',
          reason,
          response: describeRefusal(reason, 'invalid_request', 'a-receipt'),
          tenant: 'default',
          account: null,
        };
      },
    },
  });
});
afterEach(() => app.close());

const post = (payload: string | Buffer, headers: Record<string, string> = {}, url = '/form') =>
  app.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });

describe('registerFormEndpoint', () => {
  it('RS-01 A95 gives the answer with its length in bytes and the headers of every answer', async () => {
    const { statusCode, headers, body } = await post('a=b');
    expect([statusCode, body]).toEqual([200, '{"access_token":"ü"}']);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      pragma: 'no-cache',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-Urlencoded',
    'application/x-www-form-urlencoded;charset=UTF-8',
    'application/x-www-form-urlencoded \t; \tcharset="utf-8" ',
  ])('A85 reads a body of type %s', async (type) => {
    expect((await post('a=b&c=%20', { 'content-type': type })).statusCode).toBe(200);
    expect(seen.map(({ body }) => body)).toEqual(['a=b&c=%20']);
  });

  it.each([0x80, 0xa0, 0xc3, 0xff])('A87 the byte %i comes as a character beyond ASCII', async (byte) => {
    await post(Buffer.from([0x61, 0x3d, byte]));
    expect(seen[0]?.body).toMatch(/^a=[\u0080-\uffff]$/);
  });

  it('A86 takes 64 KiB, and not one byte more', async () => {
    expect((await post('x'.repeat(maxTokenRequestBytes))).statusCode).toBe(200);
    expect(seen[0]?.body.length).toBe(64 * 1024);
    expect((await post('x'.repeat(maxTokenRequestBytes + 1))).headers['connection']).toBe('close');
    expect(turnedAway).toEqual(['body_too_large']);
    expect(seen).toHaveLength(1);
  });

  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('a secret detail'))],
    [
      'throws',
      () => {
        throw new Error('a secret detail');
      },
    ],
  ])(
    'RS-11 A97 an endpoint that %s is turned into the refusal of a fault, which the log has',
    async (_how, fail) => {
      answer = fail;
      const { statusCode, body } = await post('a=b');
      expect([statusCode, turnedAway]).toEqual([500, ['internal_fault']]);
      expect(body).not.toContain('secret');
      expect(faults.join('')).toContain('a secret detail');
    },
  );

  it('RS-12 logs a line of words of ours, the granted and the refused', async () => {
    await post('a=b', {}, '/t/acme/form?secret=1');
    await post('a=b', { 'content-type': 'text/plain' });
    await app.inject('/nothing?secret=1');
    const usual = { address: '127.0.0.1', tenant: 'default', ms: expect.any(Number) };
    expect(lines).toEqual([
      {
        ...usual,
        reqId: 'req-1',
        method: 'POST',
        path: '/t/:tenant/form',
        status: 200,
        account: 'an-account',
        receipt: 'an-activity',
      },
      {
        ...usual,
        reqId: 'req-2',
        method: 'POST',
        path: '/form',
        status: 400,
        account: null,
        receipt: 'a-receipt',
        reason: 'content_type_unsupported',
      },
      {
        ...usual,
        reqId: 'req-3',
        method: 'GET',
        path: 'unmatched',
        status: 404,
        tenant: null,
        account: null,
        receipt: null,
      },
    ]);
  });

  it('TR-13 each request has the address its trusted proxy tells, for the decision and for the log', async () => {
    for (const address of ['203.0.113.1:4711', '[2001:db8::1]:4711', '203.0.113.2'])
      await post('a=b', { 'x-forwarded-for': address });
    const addresses = ['203.0.113.1', '2001:db8::1', '203.0.113.2'];
    expect(seen.map(({ sourceAddress }) => sourceAddress)).toEqual(addresses);
    expect(lines.map(({ address }) => address)).toEqual(addresses);
  });
});
