import { createHash, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { CompactSign, exportJWK } from 'jose';
import type { TestCertificate } from './tls.ts';

/** How a path of the fake issuer answers. */
export type FakeIssuerMode =
  | 'ok'
  | '500'
  | '404'
  | '204'
  | '206'
  | '304'
  | 'hang'
  | 'hang-in-body'
  | 'drip'
  | 'redirect'
  | 'huge'
  | 'gzip-bomb'
  | 'endless-headers'
  | 'html'
  | 'empty'
  | 'no-keys'
  | 'truncated'
  | 'reset';

/** Algorithms the fake issuer can sign with. */
export type FakeIssuerAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'Ed25519'
  | 'EdDSA';

/** A key pair of the fake issuer. */
export interface FakeIssuerKey {
  readonly kid: string;
  readonly algorithm: FakeIssuerAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Public JWK as published: with `kid`, `alg`, `use: "sig"`. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/** What a fake issuer is made of; everything has a default. */
export interface FakeIssuerOptions {
  /** Default ES256. */
  readonly algorithm?: FakeIssuerAlgorithm;
  /** Serve https with this certificate. */
  readonly tls?: TestCertificate;
  /** Host in the URLs, default 127.0.0.1; it always listens on 127.0.0.1. */
  readonly host?: string;
  /** Path of the issuer, for example `/realms/acme`. Default none. */
  readonly path?: string;
  /** Whether the issuer identifier ends with a slash. */
  readonly trailingSlash?: boolean;
  /** Epoch seconds for the default `iat` and `exp`; default the system clock. */
  readonly now?: () => number;
}

/** An OpenID provider on loopback whose every answer can be bent (threats.md, Fixture). */
export interface FakeIssuer {
  /** The issuer identifier, as in `iss`. */
  readonly issuer: string;
  readonly jwksUri: string;
  /** Origin it listens at. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The key pairs published now; the last one signs. */
  readonly keys: readonly FakeIssuerKey[];
  /** Every request so far, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Requests of one path (`/jwks.json`, `/.well-known/openid-configuration`), or of all. */
  hits(path?: string): number;
  /**
   * A compact JWS over `claims` with `iss`, `iat` (now) and `exp` (in 600 s) filled in; a claim or header given as
   * `undefined` is left out. Header: `alg`, `kid`, `typ: "JWT"`, then `headerOverrides`. Signed by `key` or the newest.
   */
  signToken(
    claims: Readonly<Record<string, unknown>>,
    headerOverrides?: Readonly<Record<string, unknown>>,
    key?: FakeIssuerKey,
  ): Promise<string>;
  /** Makes a new signing key. The old ones stay published unless `keepOld` is false. */
  rotate(options?: {
    readonly keepOld?: boolean;
    readonly algorithm?: FakeIssuerAlgorithm;
  }): Promise<FakeIssuerKey>;
  /** How a path answers from now on; default path the JWK Set. */
  setMode(mode: FakeIssuerMode, path?: '/jwks.json' | '/.well-known/openid-configuration'): void;
  /** Where and how mode `redirect` sends. Default 302 to itself. */
  setRedirect(status: number, location: string): void;
  /** Replaces the published set: a value becomes JSON, a string or bytes go out as they are; `null`: the real keys again. */
  setJwks(body: unknown): void;
  /** Members that replace those of the discovery document; `undefined` leaves one out. */
  setDiscovery(overrides: Readonly<Record<string, unknown>>): void;
  /** `Cache-Control` of the JWK Set, or `null` for none (default). */
  setCacheControl(value: string | null): void;
  /** Further response headers of the JWK Set. */
  setHeaders(headers: Readonly<Record<string, string>>): void;
  /** Answers 401 to requests without exactly this `Authorization`; `null`: open (default). */
  setRequiredAuthorization(value: string | null): void;
  /** Lets go of every connection that hangs or drips. */
  close(): Promise<void>;
}

const generate = promisify(generateKeyPair);

let madeBomb: Buffer | undefined;
/** 16 MiB of spaces in 16 KiB of gzip; made once, because making it takes a while. */
const bomb = (): Buffer => (madeBomb ??= gzipSync(Buffer.alloc(16 << 20, ' ')));

/** Makes a key pair that the fake issuer, or a test by itself, can sign with. */
export const createFakeIssuerKey = async (
  algorithm: FakeIssuerAlgorithm,
  kid: string = randomUUID(),
): Promise<FakeIssuerKey> => {
  const { privateKey, publicKey } = await newKeyPair(algorithm);
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { kid, algorithm, privateKey, publicKey, jwk };
};

/** Starts a fake issuer on a free port of loopback. */
export const createFakeIssuer = async (options: FakeIssuerOptions = {}): Promise<FakeIssuer> => {
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const path = options.path ?? '';
  const modes = new Map<string, FakeIssuerMode>();
  const requests: SeenRequest[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let keys = [await createFakeIssuerKey(options.algorithm ?? 'ES256')];
  let override: unknown = null;
  let discoveryOverrides: Readonly<Record<string, unknown>> = {};
  let cacheControl: string | null = null;
  let extraHeaders: Readonly<Record<string, string>> = {};
  let authorization: string | null = null;
  let redirect: { status: number; location: string } | null = null;

  const bodyOf = (route: string): string | Uint8Array => {
    if (route === '/.well-known/openid-configuration')
      return JSON.stringify({
        issuer,
        jwks_uri: jwksUri,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))],
        ...discoveryOverrides,
      });
    if (override === null) return JSON.stringify({ keys: keys.map((key) => key.jwk) });
    return typeof override === 'string' || override instanceof Uint8Array
      ? override
      : JSON.stringify(override);
  };

  const answerOk = (route: string, request: IncomingMessage, response: ServerResponse): void => {
    const body = bodyOf(route);
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    response.setHeader('etag', etag);
    if (route === '/jwks.json') {
      if (cacheControl !== null) response.setHeader('cache-control', cacheControl);
      for (const [name, value] of Object.entries(extraHeaders)) response.setHeader(name, value);
    }
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
    response.writeHead(200).end(body);
  };

  const repeat = (milliseconds: number, response: ServerResponse, act: () => void): void => {
    const timer = setInterval(act, milliseconds);
    timers.add(timer);
    response.on('close', () => {
      clearInterval(timer);
      timers.delete(timer);
    });
  };

  const answer = (route: string, request: IncomingMessage, response: ServerResponse): void => {
    const mode = modes.get(route) ?? 'ok';
    const json = { 'content-type': 'application/json' };
    switch (mode) {
      case 'ok':
        return answerOk(route, request, response);
      case '500':
        return void response.writeHead(500, json).end('{"error":"down"}');
      case '404':
        return void response.writeHead(404, json).end('{"error":"gone"}');
      case '204':
        return void response.writeHead(204).end();
      case '304':
        return void response.writeHead(304).end();
      case '206':
        return void response.writeHead(206, { ...json, 'content-range': 'bytes 0-1/2' }).end(bodyOf(route));
      case 'hang':
        return;
      case 'hang-in-body':
        response.writeHead(200, json).write('{"keys":[');
        return;
      case 'drip':
        response.writeHead(200, json);
        return repeat(50, response, () => response.write(' '));
      case 'redirect':
        return void response
          .writeHead(redirect?.status ?? 302, { location: redirect?.location ?? jwksUri })
          .end(bodyOf(route));
      case 'huge':
        return sendHuge(response);
      case 'gzip-bomb':
        return void response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(bomb());
      case 'endless-headers':
        response.socket?.write('HTTP/1.1 200 OK\r\n');
        return repeat(1, response, () => response.socket?.write(`X-Filler: ${'a'.repeat(2000)}\r\n`));
      case 'html':
        return void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<!doctype html><title>Maintenance</title>');
      case 'empty':
        return void response.writeHead(200, json).end('{"keys":[]}');
      case 'no-keys':
        return void response.writeHead(200, json).end('{}');
      case 'truncated':
        return void response.writeHead(200, json).end(Buffer.from(bodyOf(route)).subarray(0, 40));
      case 'reset':
        return void response.socket?.destroy();
    }
  };

  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    const full = request.url ?? '/';
    const route = full.startsWith(`${path}/`) ? full.slice(path.length) : full;
    requests.push({
      method: request.method ?? '',
      path: full,
      headers: request.headers,
      rawHeaders: request.rawHeaders,
    });
    response.on('error', () => response.destroy());
    if (authorization !== null && request.headers.authorization !== authorization)
      return void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    if (route !== '/jwks.json' && route !== '/.well-known/openid-configuration')
      return void response.writeHead(404).end();
    answer(route, request, response);
  };

  const server = options.tls ? createHttpsServer(options.tls, handler) : createHttpServer(handler);
  server.keepAliveTimeout = 500;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake issuer has no port');
  const host = options.host ?? '127.0.0.1';
  const url = `${options.tls ? 'https' : 'http'}://${host}:${address.port}`;
  const issuer = `${url}${path}${options.trailingSlash ? '/' : ''}`;
  const jwksUri = `${url}${path}/jwks.json`;

  return {
    issuer,
    jwksUri,
    url,
    host,
    port: address.port,
    requests,
    get keys() {
      return keys;
    },
    hits: (route) =>
      route === undefined
        ? requests.length
        : requests.filter((request) => request.path === route || request.path === `${path}${route}`).length,
    signToken: async (claims, headerOverrides = {}, key) => {
      const signer = key ?? keys.at(-1);
      if (signer === undefined) throw new Error('the fake issuer has no key');
      const payload = { iss: issuer, iat: now(), exp: now() + 600, ...claims };
      const header = { alg: signer.algorithm, kid: signer.kid, typ: 'JWT', ...headerOverrides };
      return new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader(JSON.parse(JSON.stringify(header)))
        .sign(signer.privateKey);
    },
    rotate: async ({ keepOld = true, algorithm } = {}) => {
      const key = await createFakeIssuerKey(algorithm ?? keys.at(-1)?.algorithm ?? 'ES256');
      keys = keepOld ? [...keys, key] : [key];
      return key;
    },
    setMode: (mode, route = '/jwks.json') => void modes.set(route, mode),
    setRedirect: (status, location) => {
      redirect = { status, location };
    },
    setJwks: (body) => {
      override = body;
    },
    setDiscovery: (overrides) => {
      discoveryOverrides = overrides;
    },
    setCacheControl: (value) => {
      cacheControl = value;
    },
    setHeaders: (headers) => {
      extraHeaders = headers;
    },
    setRequiredAuthorization: (value) => {
      authorization = value;
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

const newKeyPair = async (
  algorithm: FakeIssuerAlgorithm,
): Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject }> => {
  switch (algorithm) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'ES384':
      return generate('ec', { namedCurve: 'P-384' });
    case 'ES512':
      return generate('ec', { namedCurve: 'P-521' });
    case 'Ed25519':
    case 'EdDSA':
      return generate('ed25519');
    default:
      return generate('rsa', { modulusLength: 2048 });
  }
};

/** Ten megabytes without a Content-Length, as fast as they are read. */
const sendHuge = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const chunk = Buffer.alloc(64 << 10, ' ');
  let left = 160;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
};
