import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importPKCS8, SignJWT } from 'jose';
import { compileCache } from './compile-cache.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const startPatienceMs = 20_000;

/** How to start the real process; everything has a default. */
export interface BureauProcessOptions {
  /** Kept over restarts when given; otherwise a temporary folder that goes with {@link BureauProcess.stop}. */
  readonly dataDir?: string;
  readonly port?: number;
  /** What is run; default `src/main.ts`. */
  readonly program?: string;
  /** Further `BUREAU_*` variables. Nothing else of this process's environment reaches it. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The credentials file of an account (contract §5). */
export interface Credentials {
  readonly serviceAccountId: string;
  readonly privateKey: string;
  readonly keyId: string;
  readonly algorithm: string;
  readonly issuer: string;
  readonly discoveryURI: string;
  readonly tokenEndpoint: string;
}

/** An answer with its JSON body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Whatever JSON it was; tests look into bodies of every shape. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** A server process on a port of its own, and the calls every test makes of it. */
export interface BureauProcess {
  readonly url: string;
  readonly issuer: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Every line of stdout so far. */
  readonly lines: () => readonly string[];
  readonly errors: () => string;
  /** `POST` of a form to the token endpoint, or another path. */
  token(form: Readonly<Record<string, string>>, path?: string): Promise<Answer>;
  /** A request to the admin API as the bootstrap Administrator, or with another bearer token. */
  readonly admin: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  /** A fresh access token of the bootstrap Administrator. */
  adminToken(): Promise<string>;
  /** SIGTERM, and the exit code. Removes a temporary data folder. */
  stop(): Promise<number | null>;
  /** SIGKILL, and wait for the end. Keeps the data folder. */
  kill(): Promise<void>;
  /** Resolves with the exit code, whoever ended it. */
  readonly ended: Promise<number | null>;
}

/** A port of loopback that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address === null || typeof address === 'string'
          ? reject(new Error('no port'))
          : resolve(address.port),
      );
    });
  });

/** Runs the program with these arguments to its end. */
export const runBureau = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd: string = tmpdir(),
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> => {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...compileCache, ...environment },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout: output.stdout(), stderr: output.stderr() };
};

/** Starts the server and waits for its ready line; throws with what it said when it ends before. */
export const startBureau = async (options: BureauProcessOptions = {}): Promise<BureauProcess> => {
  const temporary = options.dataDir === undefined;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'bureau-')));
  const port = options.port ?? (await freePort());
  const child = spawn(process.execPath, [options.program ?? main, 'serve'], {
    env: {
      ...compileCache,
      BUREAU_PORT: String(port),
      BUREAU_DATA_DIR: dataDir,
      BUREAU_RATE_LIMIT: 'off',
      BUREAU_STOP_DELAY_SECONDS: '0',
      ...options.environment,
    },
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const url = await waitUntilReady(child, output, ended);
  const issuer = options.environment?.['BUREAU_ISSUER'] ?? url;

  let token: { readonly value: string; readonly until: number } | null = null;
  const adminToken = async (): Promise<string> => {
    const credentials = JSON.parse(await readFile(join(dataDir, 'admin.json'), 'utf8')) as Credentials;
    const answer = await postForm(`${url}/token`, {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertion(credentials),
    });
    if (answer.status !== 200) throw new Error(`no administrator token: ${JSON.stringify(answer.body)}`);
    return answer.body.access_token as string;
  };
  const cachedToken = async (): Promise<string> => {
    if (token === null || token.until < Date.now())
      token = { value: await adminToken(), until: Date.now() + 600_000 };
    return token.value;
  };

  return {
    url,
    issuer,
    dataDir,
    pid: child.pid ?? 0,
    lines: () =>
      output
        .stdout()
        .split('\n')
        .filter((line) => line !== ''),
    errors: output.stderr,
    token: (form, path = '/token') => postForm(`${url}${path}`, form),
    admin: async (method, path, body, headers = {}) =>
      readAnswer(
        await fetch(`${url}/api/v1${path}`, {
          method,
          headers: {
            authorization: `Bearer ${await cachedToken()}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      ),
    adminToken,
    ended,
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended;
      if (temporary) await rm(dataDir, { recursive: true, force: true });
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

/** An assertion by the rules of the contract (RFC 7523 §3), with claims and header members replaced or, as `undefined`, left out. */
export const signAssertion = async (
  credentials: Credentials,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const key = await importPKCS8(credentials.privateKey, credentials.algorithm);
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: credentials.serviceAccountId,
    sub: credentials.serviceAccountId,
    aud: credentials.issuer,
    iat: now,
    exp: now + 60,
    jti: crypto.randomUUID(),
    ...claims,
  };
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg: credentials.algorithm, kid: credentials.keyId, typ: 'JWT', ...header })
    .sign(key);
};

/** `POST` of a form body. */
export const postForm = async (url: string, form: Readonly<Record<string, string>>): Promise<Answer> =>
  readAnswer(await fetch(url, { method: 'POST', body: new URLSearchParams(form) }));

const readAnswer = async (response: Response): Promise<Answer> => {
  const text = await response.text();
  let body: unknown = text;
  try {
    body = text === '' ? null : JSON.parse(text);
  } catch {
    // Not JSON: the text itself is what a test wants to see.
  }
  return { status: response.status, headers: response.headers, body };
};

interface Output {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

const collect = (child: ChildProcess): Output => {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return { stdout: () => stdout, stderr: () => stderr };
};

const waitUntilReady = async (
  child: ChildProcess,
  output: Output,
  ended: Promise<number | null>,
): Promise<string> => {
  const ready = new Promise<string>((resolve) => {
    const look = (): void => {
      for (const line of output.stdout().split('\n').slice(0, -1)) {
        const entry = parseLine(line);
        if (entry?.msg === 'ready' && entry.url !== undefined) resolve(entry.url);
      }
    };
    child.stdout?.on('data', look);
  });
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the server was not ready in time: ${output.stdout()}${output.stderr()}`));
    }, startPatienceMs);
  });
  const over = ended.then((code) => {
    throw new Error(
      `the server ended with ${code} before it was ready: ${output.stderr()}${output.stdout()}`,
    );
  });
  try {
    return await Promise.race([ready, overdue, over]);
  } finally {
    clearTimeout(timer);
    over.catch(() => undefined);
  }
};

const parseLine = (line: string): { readonly msg?: string; readonly url?: string } | null => {
  try {
    return JSON.parse(line) as { msg?: string; url?: string };
  } catch {
    return null;
  }
};
