import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { compileCache } from '../../support/compile-cache.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** How a process of the command line ended. */
export interface CliEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the command line that may still run. */
export interface CliProcess {
  readonly ended: Promise<CliEnd>;
  /** What it said so far. */
  readonly stderr: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts `bureau` with nothing of this process's environment but PATH. */
export const startCli = (
  args: readonly string[],
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly input?: string;
    /** What is run; default `src/main.ts`. */
    readonly script?: string;
  } = {},
): CliProcess => {
  const child = spawn(process.execPath, [options.script ?? main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...compileCache, ...options.environment },
    cwd: tmpdir(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (stderr += chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ended = new Promise<CliEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { ended, stderr: () => stderr, kill: (signal) => void child.kill(signal) };
};

/** One request as it came. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A server on loopback that answers as it is told. */
export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  readonly close: () => Promise<void>;
}

/** Starts a server of a few lines; `port` brings one back that was closed. */
export const startLoopbackServer = async (
  answer: (request: SeenRequest, response: ServerResponse) => void,
  port = 0,
): Promise<LoopbackServer> => {
  const requests: SeenRequest[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      authorization: incoming.headers.authorization,
      body: await text(incoming),
    };
    requests.push(request);
    answer(request, response);
  };
  const server = createServer((incoming, response) => void handle(incoming, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Sends JSON. */
export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};
