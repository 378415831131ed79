import { describe, expect, it } from 'vitest';
import { requestMilliseconds } from '../../../src/cli/token/fetch-text.ts';
import { requestToken } from '../../../src/cli/token/request-token.ts';
import {
  createFakeWorld,
  failureOf,
  fakeJwt,
  type FakeWorldOptions,
  networkError,
  tokenAnswer,
  worldStart,
} from './fake-world.ts';

const tokenEndpoint = 'https://sts.example.com/token';
const receipt = '853baa79-0625-406d-a5df-385bce2689e8';

const ask = (options: FakeWorldOptions, maxWaitSeconds?: number) => {
  const world = createFakeWorld(options);
  let forms = 0;
  const form = async () => ({ grant_type: 'g', assertion: `assertion-${++forms}` });
  return { world, answer: requestToken(world, { tokenEndpoint, form, maxWaitSeconds }) };
};

/** Bad answers first, then a token. */
const after = (...bad: readonly (() => Response | Error)[]): FakeWorldOptions => ({
  answer: (_call, count) => bad[count - 1]?.() ?? tokenAnswer(),
});
const always = (bad: () => Response | Error): FakeWorldOptions => ({ answer: bad });
const busy = (status: number, retryAfter?: string) => () =>
  new Response('{}', { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });

describe('asking a token endpoint (contract §3, §6)', () => {
  it('one form post, and the answer in our words', async () => {
    const { world, answer } = ask({ answer: () => tokenAnswer({ extra: 1 }) });
    expect(await answer).toMatchObject({
      accessToken: 'the.access.token',
      tokenType: 'Bearer',
      expiresInSeconds: 900,
      expiresAt: worldStart + 900_000,
      scope: 'read',
      issuedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      body: { extra: 1 },
    });
    expect(world.calls).toHaveLength(1);
    expect(world.calls[0]).toMatchObject({ url: tokenEndpoint, method: 'POST', redirect: 'manual' });
    expect(world.calls[0]?.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
    expect(world.calls[0]?.headers.get('user-agent')).toBe('bureau/test');
    expect(Object.fromEntries(world.calls[0]?.form ?? [])).toEqual({
      grant_type: 'g',
      assertion: 'assertion-1',
    });
    expect(world.sleeps).toEqual([]);
  });

  it.each([
    ['429 with seconds', busy(429, '7'), 7000],
    ['503 with seconds', busy(503, '5'), 5000],
    ['503 with a date', busy(503, new Date(worldStart + 9000).toUTCString()), 9000],
    ['503 with a date that has passed', busy(503, new Date(worldStart - 9000).toUTCString()), 750],
    ['429 with no patience at all', busy(429, '0'), 750],
    ['503 without a word: half chance, half sure', busy(503), 750],
    ['502 of a proxy', busy(502), 750],
    ['504 of a proxy', busy(504), 750],
    ['a Retry-After that is neither', busy(503, 'soon'), 750],
  ])('RFC 9110 §10.2.3 %s: waits so long, says so, and makes a new assertion', async (_title, bad, wait) => {
    const { world, answer } = ask(after(bad));
    await answer;
    expect(world.sleeps).toEqual([wait]);
    expect(world.err()).toMatch(/^bureau: sts\.example\.com answered \d{3}.*; trying again in [\d.]+ s$/);
    expect(world.calls.map(({ form }) => form.get('assertion'))).toEqual(['assertion-1', 'assertion-2']);
  });

  it('pauses grow, up to a limit', async () => {
    const { world, answer } = ask(after(...Array.from({ length: 8 }, () => busy(503))), 3600);
    await answer;
    expect(world.sleeps).toEqual([750, 1500, 3000, 6000, 11250, 11250, 11250, 11250]);
  });

  it.each(['0', new Date(0).toUTCString(), '1'])(
    'Retry-After: %s again and again is no reason to come sooner than with growing pauses',
    async (retryAfter) => {
      const { world, answer } = ask(always(busy(503, retryAfter)));
      expect((await failureOf(answer)).code).toBe(3);
      expect(world.sleeps.slice(0, 5)).toEqual([retryAfter === '1' ? 1000 : 750, 1500, 3000, 6000, 11250]);
    },
  );

  it('--max-wait: a wait that would end after it is not begun, exit 3', async () => {
    const long = ask(always(busy(429, '61')));
    expect(await failureOf(long.answer)).toEqual({
      code: 3,
      text: 'unreachable: sts.example.com answered 429, too many requests; gave up, because --max-wait would be over',
    });
    expect(long.world.sleeps).toEqual([]);
    expect((await ask(after(busy(429, '60'))).answer).accessToken).toBe('the.access.token');
    const none = ask(always(busy(503, '1')), 0);
    expect((await failureOf(none.answer)).code).toBe(3);
    const forever = ask(always(busy(503)));
    expect((await failureOf(forever.answer)).code).toBe(3);
    expect(forever.world.now() - worldStart).toBeLessThanOrEqual(60_000);
    expect(forever.world.now() - worldStart).toBeGreaterThan(45_000);
  });

  it.each([
    ['ECONNREFUSED', /refused the connection/, 3],
    ['ECONNRESET', /closed the connection/, 3],
    ['UND_ERR_SOCKET', /closed the connection/, 3],
    ['EAI_AGAIN', /could not be looked up \(DNS\)/, 3],
    ['ETIMEDOUT', /did not answer in time/, 3],
    ['UND_ERR_HEADERS_TIMEOUT', /did not answer in time/, 3],
    ['EHOSTUNREACH', /no way to/, 3],
    ['ENOTFOUND', /is not known \(DNS\)/, 1],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /no trusted TLS connection .*NODE_EXTRA_CA_CERTS/, 1],
    ['CERT_HAS_EXPIRED', /no trusted TLS connection/, 1],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /no trusted TLS connection/, 1],
    ['EWHATEVER', /could not be reached \(EWHATEVER\)/, 1],
  ])('%s: exit 3, in words, after a few tries where they may help', async (code, words, tries) => {
    const { world, answer } = ask(always(() => networkError(code)));
    const failure = await failureOf(answer);
    expect(failure.code).toBe(3);
    expect(failure.text).toMatch(words);
    expect(failure.text).toContain('sts.example.com');
    expect(failure.text).not.toContain('with details');
    expect(world.calls).toHaveLength(tries);
  });

  it('time-out of our own, and what is no error of the system', async () => {
    const late = new DOMException('x', 'TimeoutError');
    expect((await failureOf(ask(always(() => late)).answer)).text).toMatch(/did not answer in time/);
    const odd = new TypeError('secret in a message');
    expect((await failureOf(ask(always(() => odd)).answer)).text).toBe(
      'unreachable: sts.example.com could not be reached',
    );
  });

  it('one cut connection is no failure', async () => {
    const { answer } = ask(after(() => networkError('ECONNRESET')));
    expect((await answer).accessToken).toBe('the.access.token');
  });

  it('400: refused, with the words of the server and the way to the receipt; not tried again', async () => {
    const refusal = { error: 'invalid_client', error_description: 'It is bad.', receipt, errors: [] };
    const { world, answer } = ask(always(() => Response.json(refusal, { status: 400 })));
    expect(await failureOf(answer)).toEqual({
      code: 1,
      text: `refused: invalid_client: It is bad.\nreceipt ${receipt}: an administrator sees why with  bureau activities show ${receipt}`,
    });
    expect(world.calls).toHaveLength(1);
  });

  it('A102 what the server says is one line, no command to a CI, and no token', async () => {
    const refusal = {
      error: 'bad\n::set-env name=x::y',
      error_description: `\u001b[31m ##[add-path] ${fakeJwt()} \u0000${'x'.repeat(500)}`,
      receipt: '../../x; rm',
    };
    const { code, text } = await failureOf(ask(always(() => Response.json(refusal, { status: 401 }))).answer);
    expect(code).toBe(1);
    expect(text).not.toMatch(/\p{C}|##\[|eyJ|rm/u);
    expect(text).toContain('[token]');
    expect(text.length).toBeLessThan(400);
  });

  it.each([
    [
      '404 of another program',
      () => new Response('<html>', { status: 404 }),
      1,
      /answered 404 without a reason/,
    ],
    [
      'a redirect',
      () => new Response('', { status: 307, headers: { location: 'https://evil/' } }),
      1,
      /redirect to https:\/\/evil\//,
    ],
    ['500', () => new Response('oops', { status: 500 }), 3, /failed with 500/],
    ['200 with a page', () => new Response('<html>'), 3, /not with a token/],
    ['200 with an error', () => Response.json({ error: 'x' }), 3, /not with a token/],
    ['a token with a line end in it', () => tokenAnswer({ access_token: 'a\nb' }), 3, /not with a token/],
    ['no life', () => tokenAnswer({ expires_in: 0 }), 3, /not with a token/],
    ['another type', () => tokenAnswer({ token_type: 'mac' }), 3, /not with a token/],
    ['more than 256 KiB', () => new Response('x'.repeat(300_000)), 3, /more than 262144 bytes/],
  ])('%s: not followed, not believed', async (_title, bad, code, line) => {
    const { world, answer } = ask(always(bad));
    const failure = await failureOf(answer);
    expect(failure.code).toBe(code);
    expect(failure.text).toMatch(line);
    expect(world.calls).toHaveLength(1);
  });

  it.each(['900', -1, 0, 0.5, 900.5, 1e300, 9e12, 31_536_001, null])(
    'a life of %j is not: the answer cannot be understood, exit 3',
    async (life) => {
      const { world, answer } = ask(always(() => tokenAnswer({ expires_in: life })));
      const { code, text } = await failureOf(answer);
      expect(code).toBe(3);
      expect(text).toMatch(/^the server's answer cannot be understood: sts\.example\.com answered 200/);
      expect(world.calls).toHaveLength(1);
    },
  );

  it.each([1, 900, 31_536_000])('a life of %i s is believed', async (life) => {
    const { answer } = ask({ answer: () => tokenAnswer({ expires_in: life }) });
    expect((await answer).expiresAt).toBe(worldStart + life * 1000);
  });

  it.each([
    [-61_000, 'behind'],
    [61_000, 'ahead of'],
    [86_400_000, 'ahead of'],
  ])(
    'refused, and the clock here differs by %i ms: said, without another request',
    async (difference, words) => {
      const date = new Date(worldStart - difference).toUTCString();
      const refusal = () => Response.json({ error: 'invalid_client' }, { status: 400, headers: { date } });
      const { world, answer } = ask(always(refusal));
      const seconds = Math.abs(difference) / 1000;
      expect((await failureOf(answer)).text).toBe(
        `refused: invalid_client\nthe clock of this machine is ${seconds} s ${words} the server's, which is a likely cause`,
      );
      expect(world.calls).toHaveLength(1);
    },
  );

  it.each([
    ['60 s', new Date(worldStart - 60_000).toUTCString()],
    ['nobody knows how much', 'yesterday'],
  ])('refused, and the clock differs by %s: not a word about it', async (_title, date) => {
    const refusal = () => Response.json({ error: 'invalid_client' }, { status: 400, headers: { date } });
    expect((await failureOf(ask(always(refusal)).answer)).text).toBe('refused: invalid_client');
  });

  it.each([
    [60_000, 20_000],
    [20_001, 20_000],
    [3000, 3000],
    [2999.5, 3000],
    [10, 1000],
    [-5000, 1000],
  ])('--max-wait: of %d ms that are left a request may take %d', (left, expected) => {
    expect(requestMilliseconds(worldStart + left, worldStart)).toBe(expected);
  });
});
