import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultFetchLimits } from '../../../src/adapters/outbound/guarded-fetch.ts';
import type { DocumentAnswer, DocumentRequest } from '../../../src/ports/guarded-fetch.ts';
import { createFakeIssuer, type FakeIssuer, type FakeIssuerMode } from '../../support/fake-issuer.ts';
import { guardedFetch } from '../../support/foreign-keys.ts';
import { createTestAuthority } from '../../support/tls.ts';

const plain = { caCertificates: null, ifNoneMatch: null, ifModifiedSince: null } as const;
const allow = '127.0.0.0/8';

/** What came of a fetch, short. */
const outcomeOf = (answer: DocumentAnswer): string =>
  answer.outcome === 'failed' ? `failed: ${answer.detail}` : answer.outcome;

describe('guarded fetch', () => {
  let issuer: FakeIssuer;
  beforeEach(async () => {
    issuer = await createFakeIssuer();
  });
  afterEach(() => issuer.close());
  const get = (
    changes: Partial<DocumentRequest> = {},
    options: Parameters<typeof guardedFetch>[0] = {},
  ): Promise<DocumentAnswer> =>
    guardedFetch({ allow, ...options }).get({
      url: issuer.jwksUri,
      ...plain,
      ...changes,
    });

  it('gives the text and what HTTP says of its freshness', async () => {
    issuer.setCacheControl('max-age=600');
    issuer.setHeaders({
      age: '7',
      expires: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'last-modified': 'Wed, 31 Dec 2025 00:00:00 GMT',
    });
    const answer = await get();
    expect(answer).toMatchObject({
      outcome: 'fetched',
      text: JSON.stringify({ keys: issuer.keys.map((key) => key.jwk) }),
      fields: {
        cacheControl: 'max-age=600',
        age: '7',
        expires: 'Thu, 01 Jan 2026 00:00:00 GMT',
        etag: expect.stringMatching(/^".+"$/),
      },
    });
  });

  it('sends the query of the URL and its path as written', async () => {
    await get({ url: `${issuer.url}/tfp/b2c%20policy/keys?p=b2c_1&x=%41` });
    expect(issuer.requests[0]?.path).toBe('/tfp/b2c%20policy/keys?p=b2c_1&x=%41');
  });

  it.each<[FakeIssuerMode, string]>([
    ['ok', 'fetched'],
    ['500', 'answered 500'],
    ['404', 'answered 404'],
    ['204', 'answered 204'],
    ['206', 'answered 206'],
    ['redirect', 'redirects are not followed'],
    ['hang', 'no complete answer within 0.4 s'],
    ['hang-in-body', 'no complete answer within 0.4 s'],
    ['drip', 'no complete answer within 0.4 s'],
    ['huge', 'too large'],
    ['gzip-bomb', 'more than 256 KiB after decompression'],
    ['endless-headers', 'header of the answer is too large'],
    ['reset', 'connection'],
  ])('mode %s: %s', async (mode, expected) => {
    issuer.setMode(mode);
    // Only those that never end are hurried: a loaded machine may need its time for the others.
    const limits = expected.includes('0.4 s')
      ? { totalMilliseconds: 400 }
      : { connectMilliseconds: 20_000, totalMilliseconds: 20_000 };
    expect(outcomeOf(await get({}, { limits }))).toContain(expected);
  });

  it.each([
    [256 * 1024, 'fetched'],
    [256 * 1024 + 1, 'too large'],
  ])('a body of %i bytes: %s', async (size, expected) => {
    issuer.setJwks(`"${'a'.repeat(size - 2)}"`);
    expect(outcomeOf(await get())).toContain(expected);
  });

  it('a Content-Length that lies is no answer', async () => {
    issuer.setHeaders({ 'content-length': '999999' });
    expect(outcomeOf(await get())).toContain('not as long as it says');
  });

  it.each([
    ['gzip', gzipSync('{"keys":[]}'), 'fetched'],
    ['x-gzip', gzipSync('{"keys":[]}'), 'fetched'],
    ['identity', Buffer.from('{"keys":[]}'), 'fetched'],
    ['gzip', gzipSync(Buffer.alloc(256 * 1024, ' ')), 'fetched'],
    ['gzip', gzipSync(Buffer.alloc(256 * 1024 + 1, ' ')), 'after decompression'],
    ['gzip', Buffer.from('{"keys":[]}'), 'broken gzip'],
    ['br', Buffer.from('x'), 'Content-Encoding'],
    ['gzip, gzip', gzipSync(gzipSync('{}')), 'Content-Encoding'],
  ])('Content-Encoding %s', async (encoding, body, expected) => {
    issuer.setHeaders({ 'content-encoding': encoding });
    issuer.setJwks(body);
    expect(outcomeOf(await get())).toContain(expected);
  });

  it('a body that is not UTF-8 is refused', async () => {
    issuer.setJwks(Buffer.from([0x7b, 0xff, 0x7d]));
    expect(outcomeOf(await get())).toContain('not UTF-8');
  });

  it('304 counts only for a conditional request', async () => {
    const first = await get();
    const etag = first.outcome === 'fetched' ? first.fields.etag : null;
    expect(outcomeOf(await get({ ifNoneMatch: etag }))).toBe('not-modified');
    const liar = createServer((_request, response) => response.writeHead(304).end());
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
    const address = liar.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    expect(outcomeOf(await get({ url: `http://127.0.0.1:${address.port}/` }))).toContain('answered 304');
    await new Promise((resolve) => void liar.close(resolve));
  });

  it('the limits are those of JF-05 unless a test shortens them', () => {
    expect(defaultFetchLimits).toMatchObject({
      connectMilliseconds: 2000,
      totalMilliseconds: 5000,
      bodyBytes: 262_144,
    });
  });

  it('nobody waits longer than the caller has', async () => {
    issuer.setMode('hang');
    expect(outcomeOf(await get({ withinMilliseconds: 50 }))).toContain('within 0.05 s');
  });

  it('a caller gives up, and so does a stopping server', async () => {
    issuer.setMode('hang');
    const controller = new AbortController();
    const given = get({ signal: controller.signal });
    controller.abort();
    expect(outcomeOf(await given)).toContain('failed');
    const fetch = guardedFetch({ allow });
    const running = fetch.get({ url: issuer.jwksUri, ...plain });
    await fetch.close();
    expect(outcomeOf(await running)).toContain('failed');
  });

  it('a name that no server answers for is given up in time', async () => {
    const answer = await get(
      { url: 'https://hanging.example/jwks' },
      { lookUp: () => new Promise(() => undefined), limits: { totalMilliseconds: 100 } },
    );
    expect(outcomeOf(answer)).toContain('no complete answer within 0.1 s');
  });

  it('a name that does not exist is told as that', async () => {
    const lookUp = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('queryA ENOTFOUND'), { code: 'ENOTFOUND' }));
    expect(outcomeOf(await get({ url: 'https://nobody.example/jwks' }, { lookUp }))).toBe(
      'failed: https://nobody.example: the host name does not exist.',
    );
  });

  it('no more than so many at once; the next one takes the free place', async () => {
    const fetch = guardedFetch({ allow, limits: { atOnce: 2 } });
    issuer.setMode('hang');
    const hanging = [
      fetch.get({ url: issuer.jwksUri, ...plain, withinMilliseconds: 200 }),
      fetch.get({ url: issuer.jwksUri, ...plain, withinMilliseconds: 200 }),
    ];
    const waiting = fetch.get({ url: `${issuer.url}/.well-known/openid-configuration`, ...plain });
    await Promise.race(hanging);
    expect(outcomeOf(await waiting)).toBe('fetched');
    expect(issuer.requests.length).toBe(3);
  });
});

describe('what the operator set for an origin (issue §6, A114)', () => {
  let folder: string;
  let issuer: FakeIssuer;
  const authority = createTestAuthority();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bureau-access-'));
    issuer = await createFakeIssuer({ tls: authority.issue({ hosts: ['127.0.0.1'] }) });
    await writeFile(join(folder, 'token'), 'ey.first.token\n');
    await writeFile(join(folder, 'ca.pem'), authority.certificate);
  });
  afterEach(async () => {
    await issuer.close();
    await rm(folder, { recursive: true });
  });
  const access = () => [
    { origin: issuer.url, bearerTokenFile: join(folder, 'token'), caFile: join(folder, 'ca.pem') },
  ];

  it('CA and bearer token of the origin are used, the token read anew each time', async () => {
    const fetch = guardedFetch({ allow, access: access() });
    issuer.setRequiredAuthorization('Bearer ey.first.token');
    expect(outcomeOf(await fetch.get({ url: issuer.jwksUri, ...plain }))).toBe('fetched');
    await writeFile(join(folder, 'token'), 'ey.second.token');
    issuer.setRequiredAuthorization('Bearer ey.second.token');
    expect(outcomeOf(await fetch.get({ url: issuer.jwksUri, ...plain }))).toBe('fetched');
  });

  it('without them the issuer is not let in, and the sentence says what to set', async () => {
    issuer.setRequiredAuthorization('Bearer ey.first.token');
    const answer = await guardedFetch({ allow }).get({
      url: issuer.jwksUri,
      ...plain,
      caCertificates: authority.certificate,
    });
    expect(outcomeOf(answer)).toContain('issuerAccess');
  });

  it('the token goes to no other origin: not another port, host or scheme', async () => {
    const others = await Promise.all([createFakeIssuer(), createFakeIssuer({ host: 'localhost' })]);
    const fetch = guardedFetch({ allow: `${allow},localhost:${others[1].port}`, access: access() });
    for (const other of others) {
      expect(outcomeOf(await fetch.get({ url: other.jwksUri, ...plain }))).toBe('fetched');
      expect(other.requests[0]?.headers.authorization).toBeUndefined();
      await other.close();
    }
    await fetch.get({ url: issuer.jwksUri, ...plain });
    expect(issuer.requests[0]?.headers.authorization).toBe('Bearer ey.first.token');
  });

  it('a CA that came through the API does not decide who gets the operator’s token', async () => {
    const [entry] = access();
    const other = createTestAuthority();
    const operators = guardedFetch({ allow, access: access() });
    expect(
      outcomeOf(await operators.get({ url: issuer.jwksUri, ...plain, caCertificates: other.certificate })),
    ).toBe('fetched');
    const tokenAlone = guardedFetch({
      allow,
      access: [{ origin: issuer.url, bearerTokenFile: entry?.bearerTokenFile }],
    });
    const before = issuer.hits();
    expect(
      outcomeOf(
        await tokenAlone.get({ url: issuer.jwksUri, ...plain, caCertificates: authority.certificate }),
      ),
    ).toContain('caFile');
    expect(issuer.hits()).toBe(before);
  });

  it.each([
    ['missing', null, 'cannot be read (ENOENT)'],
    ['empty', '', 'empty'],
    ['two lines', 'one\ntwo', 'no bearer token'],
    ['a header of its own', 'x\r\nX-Evil: 1', 'no bearer token'],
  ])('a token file that is %s is told, its path and content are not', async (_what, content, expected) => {
    const path = join(folder, 'another');
    if (content !== null) await writeFile(path, content);
    const fetch = guardedFetch({
      allow,
      access: [{ origin: issuer.url, bearerTokenFile: path, caFile: join(folder, 'ca.pem') }],
    });
    const outcome = outcomeOf(await fetch.get({ url: issuer.jwksUri, ...plain }));
    expect(outcome).toContain(expected);
    expect(outcome).not.toContain(folder);
    expect(outcome).not.toContain('Evil');
    expect(issuer.hits()).toBe(0);
  });
});
