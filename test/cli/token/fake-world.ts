import type { CommandContext } from '../../../src/cli/command-context.ts';
import { CommandFailed } from '../../../src/cli/command-failed.ts';

/** One call of `fetch` as it was made. */
export interface SeenCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly form: URLSearchParams;
  readonly redirect: string | undefined;
}

/** What a world is made of; without anything it is empty. */
export interface FakeWorldOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Text by path, `-` for stdin; a function is called at each read. */
  readonly files?: Readonly<Record<string, string | (() => string)>>;
  readonly modes?: Readonly<Record<string, number>>;
  /** Programs of the platform by name. */
  readonly programs?: Readonly<
    Record<
      string,
      (
        args: readonly string[],
        input: string | undefined,
      ) => { code?: number; stdout?: string; stderr?: string }
    >
  >;
  readonly answer?: (call: SeenCall, count: number) => Response | Error | Promise<Response | Error>;
  readonly workingDirectory?: string;
}

/** A {@link CommandContext} whose every wall is paper, and what was done to it. */
export interface FakeWorld extends CommandContext {
  readonly calls: readonly SeenCall[];
  /** `program arg arg`, and its input after `<`. */
  readonly ran: readonly string[];
  readonly out: () => string;
  readonly err: () => string;
  /** Everything that was said and written, in order. */
  readonly log: readonly string[];
  /** Milliseconds of each sleep. */
  readonly sleeps: readonly number[];
  readonly advance: (milliseconds: number) => void;
  readonly stop: () => void;
  /** Called at each sleep, before it ends. */
  onSleep: ((milliseconds: number) => void) | null;
}

/** The time at which every fake world begins. */
export const worldStart = Date.UTC(2026, 10, 22);

/** Creates a world without network, files and programs but those given; its clock moves when somebody sleeps. */
export const createFakeWorld = (options: FakeWorldOptions = {}): FakeWorld => {
  let now = worldStart;
  const stopper = new AbortController();
  const calls: SeenCall[] = [];
  const ran: string[] = [];
  const log: string[] = [];
  const sleeps: number[] = [];
  const world: FakeWorld = {
    calls,
    ran,
    log,
    sleeps,
    onSleep: null,
    out: () =>
      log
        .filter((line) => line.startsWith('out '))
        .map((line) => line.slice(4))
        .join(''),
    err: () =>
      log
        .filter((line) => line.startsWith('err '))
        .map((line) => line.slice(4))
        .join('\n'),
    advance: (milliseconds) => {
      now += milliseconds;
    },
    stop: () => stopper.abort(),
    environment: options.environment ?? {},
    workingDirectory: options.workingDirectory ?? '/work-dir',
    userAgent: 'bureau/test',
    fetch: async (input, init = {}) => {
      const call: SeenCall = {
        url: input instanceof Request ? input.url : input.toString(),
        method: init.method ?? 'GET',
        headers: new Headers(init.headers),
        form: new URLSearchParams(typeof init.body === 'string' ? init.body : ''),
        redirect: init.redirect,
      };
      calls.push(call);
      const answer = await (options.answer?.(call, calls.length) ?? networkError('ECONNREFUSED'));
      if (answer instanceof Error) throw answer;
      return answer;
    },
    now: () => now,
    sleep: async (milliseconds) => {
      sleeps.push(milliseconds);
      now += milliseconds;
      world.onSleep?.(milliseconds);
    },
    random: () => 0.5,
    stopping: stopper.signal,
    run: async (program, args, input) => {
      ran.push(`${[program, ...args].join(' ')}${input === undefined ? '' : ` < ${input}`}`);
      const answer = options.programs?.[program]?.(args, input);
      return answer === undefined
        ? { code: null, stdout: '', stderr: '' }
        : { code: 0, stdout: '', stderr: '', ...answer };
    },
    readBytes: async function* (path) {
      const file = options.files?.[path];
      if (file === undefined) throw new CommandFailed(2, [`there is no file ${path}`]);
      yield Buffer.from(typeof file === 'function' ? file() : file);
    },
    readText: async (path) => {
      const text = options.files?.[path];
      return typeof text === 'function' ? text() : (text ?? null);
    },
    fileMode: async (path) => options.modes?.[path] ?? null,
    write: (text) => void log.push(`out ${text}`),
    written: async () => undefined,
    say: (line) => void log.push(`err ${line}`),
    isTerminal: false,
  };
  return world;
};

/** What `fetch` throws when the system says `code`. */
export const networkError = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`${code} with details`), { code }) });

/** A JWT whose signature is none. */
export const fakeJwt = (claims: Readonly<Record<string, unknown>> = {}): string => {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const all = {
    iss: 'https://platform.example',
    sub: 'job',
    aud: 'https://sts.example.com',
    exp: 1_800_000_000,
    ...claims,
  };
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(all)}.c2lnbmF0dXJl`;
};

/** A successful answer of a token endpoint. */
export const tokenAnswer = (members: Readonly<Record<string, unknown>> = {}): Response =>
  Response.json({
    access_token: 'the.access.token',
    token_type: 'Bearer',
    expires_in: 900,
    scope: 'read',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...members,
  });

/** How a command ended that had to fail: its exit code and its lines. */
export const failureOf = async (
  act: Promise<unknown>,
): Promise<{ readonly code: number; readonly text: string }> => {
  try {
    await act;
  } catch (error) {
    if (error instanceof CommandFailed) return { code: error.exitCode, text: error.lines.join('\n') };
    throw error;
  }
  throw new Error('it did not fail');
};
