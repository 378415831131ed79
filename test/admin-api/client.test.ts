import { describe, expect, it } from 'vitest';
import { createAdminClient } from '../../src/admin-api/client.ts';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

const clientOf = (answer: Response) => {
  const sent: Sent[] = [];
  const client = createAdminClient({
    baseUrl: 'https://sts.example.com/t/acme',
    accessToken: async () => 'secret',
    fetch: async (url, init) => {
      sent.push({ url, init });
      return answer;
    },
  });
  return { client, sent };
};

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

describe('a client of the admin API (contract §5)', () => {
  it('sends method, path, query, body and headers of the operation', async () => {
    const { client, sent } = clientOf(json(200, { id: 'x' }, { etag: '"2"' }));
    const reply = await client.call('patchServiceAccount', {
      params: { id: 'a/b c' },
      query: { force: 'true' },
      body: { status: 'disabled' },
      ifMatch: '"1"',
    });
    expect(reply).toEqual({ ok: true, value: { body: { id: 'x' }, etag: '"2"' } });
    expect(sent[0]?.url).toBe('https://sts.example.com/t/acme/api/v1/service-accounts/a%2Fb%20c?force=true');
    expect(sent[0]?.init).toMatchObject({
      method: 'PATCH',
      redirect: 'manual',
      body: '{"status":"disabled"}',
      headers: { authorization: 'Bearer secret', 'if-match': '"1"', 'content-type': 'application/json' },
    });
  });

  it('204 has no body and no ETag', async () => {
    const { client } = clientOf(new Response(null, { status: 204 }));
    expect(await client.call('deleteServiceAccount', { params: { id: 'x' } })).toEqual({
      ok: true,
      value: { body: undefined, etag: null },
    });
  });

  it('a refusal is a value with its code, detail, members and patience', async () => {
    const errors = [{ path: '/name', message: 'No.' }, { path: 1 }, null];
    const { client } = clientOf(
      json(429, { code: 'busy', detail: 'Later.', errors }, { 'retry-after': '5' }),
    );
    expect(await client.call('listTeams', {})).toEqual({
      ok: false,
      error: {
        status: 429,
        code: 'busy',
        detail: 'Later.',
        errors: [{ path: '/name', message: 'No.' }],
        retryAfterSeconds: 5,
      },
    });
  });

  it.each([
    ['no JSON', new Response('<html>', { status: 200 })],
    ['JSON that is no object', json(200, 'hello')],
    ['null', json(200, null)],
    ['nothing', new Response('', { status: 200 })],
    ['another success', json(201, {})],
    ['a redirect', new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
    ['a problem whose members are of other types', json(400, { code: 1, detail: [], errors: 'x' })],
  ])('%s in place of the API is a refusal of code unknown', async (_title, answer) => {
    const { client } = clientOf(answer);
    expect(await client.call('getSettings', {})).toMatchObject({
      ok: false,
      error: { code: 'unknown', errors: [], detail: expect.stringContaining('not this API') },
    });
  });

  it.each(['', '.', '..', '\ud800'])('the id %j leads nowhere, least of all to another path', async (id) => {
    const { client, sent } = clientOf(new Response(null, { status: 204 }));
    expect(await client.call('deleteServiceAccount', { params: { id } })).toMatchObject({
      ok: false,
      error: { status: 404, code: 'not_found' },
    });
    expect(sent).toEqual([]);
  });

  it('members of a query that are undefined are not sent', async () => {
    const { client, sent } = clientOf(json(200, { items: [], nextCursor: null }));
    await client.call('listServiceAccounts', { query: { team: 'a&b', q: undefined } });
    expect(sent[0]?.url).toBe('https://sts.example.com/t/acme/api/v1/service-accounts?team=a%26b');
  });

  it('what fetch throws goes through', async () => {
    const client = createAdminClient({
      baseUrl: 'https://sts.example.com',
      accessToken: async () => 'secret',
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    await expect(client.call('listTeams', {})).rejects.toThrow('fetch failed');
  });

  /** A body that is sent in pieces of 1 MiB for as long as somebody reads. */
  const endless = () => {
    const sent = { mebibytes: 0, isCancelled: false };
    const piece = new TextEncoder().encode(' '.repeat(1_048_576));
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent.mebibytes += 1;
        controller.enqueue(piece);
      },
      cancel: () => {
        sent.isCancelled = true;
      },
    });
    return { body, sent };
  };

  it('a body without end is read no further than 16 MiB, and is a refusal', async () => {
    const { body, sent } = endless();
    const { client } = clientOf(new Response(body, { status: 200 }));
    expect(await client.call('getSettings', {})).toMatchObject({
      ok: false,
      error: { code: 'unknown', detail: expect.stringContaining('more than 16777216 bytes') },
    });
    expect(sent.isCancelled).toBe(true);
    expect(sent.mebibytes).toBeLessThan(20);
  });

  it('a long body in pieces that cut characters in two is read whole', async () => {
    const value = { name: 'ä€🚀'.repeat(100_000) };
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const pieces = [bytes.subarray(0, 10), bytes.subarray(10, 11), bytes.subarray(11)];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    const { client } = clientOf(new Response(body, { status: 200 }));
    expect(await client.call('getSettings', {})).toMatchObject({ ok: true, value: { body: value } });
  });
});
