import { join } from 'node:path';
import {
  type AdminCall,
  type AdminClient,
  createAdminClient,
  type RefusedCall,
} from '../../admin-api/client.ts';
import { type AdminOperation, type AdminOperationName, adminOperations } from '../../admin-api/operations.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { adminAudience } from '../../core/tenants/tenant.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailed, misused, refused, unreachable } from '../command-failed.ts';
import { describeNetworkFault } from '../token/describe-network-fault.ts';
import { requestMilliseconds } from '../token/fetch-text.ts';
import { requestOwnKeyToken } from '../token/own-key-token.ts';
import { readCredentials } from '../token/read-credentials.ts';
import { type Attempt, defaultMaxWaitSeconds, retryUntil } from '../token/retry.ts';
import type { TokenAnswer } from '../token/token-answer.ts';
import type { SignInOptions } from './admin-options.ts';
import { visible } from './visible-text.ts';

/** A call whose words come from the command line or a file: the server judges them. */
export interface UnjudgedCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly ifMatch?: string;
}

/** An answer, taken at its word. */
export interface Answer<Body> {
  readonly body: Body;
  readonly etag: string | null;
}

/** The admin API of one tenant, signed in to at the first call; the access token is nowhere but in memory. */
export interface AdminSession {
  /** @throws CommandFailed unreachable, or where the sign-in is refused */
  attempt<Body>(name: AdminOperationName, call: UnjudgedCall): Promise<Result<Answer<Body>, RefusedCall>>;
  /** @throws CommandFailed as {@link attempt}, and with the words of a refusal */
  call<Body>(name: AdminOperationName, call: UnjudgedCall): Promise<Answer<Body>>;
  /**
   * The bytes of an answer of any length, for as long as they come; not tried again.
   *
   * @throws CommandFailed as {@link call}; what breaks off later is thrown while it is read
   */
  stream(name: AdminOperationName, call: UnjudgedCall): AsyncIterable<Uint8Array>;
}

/** A token that ends sooner than this is not used any more. */
const renewalMilliseconds = 60_000;
const triesOfTheNetwork = 3;

/**
 * Reads the credentials; nothing is sent yet, unless the file does not say where its server is.
 *
 * @throws CommandFailed misused, with what to do about it
 */
export const openAdminSession = async (
  context: CommandContext,
  options: SignInOptions,
): Promise<AdminSession> => {
  const reach = reachOf(options, context.environment);
  const { maxWaitSeconds } = reach;
  const credentials = await readCredentials(context, await findCredentials(context, options), reach);
  const { host } = new URL(credentials.issuer);
  let token: TokenAnswer | null = null;
  const accessTokenUntil = async (deadline: number): Promise<string> => {
    if (token === null || token.expiresAt - renewalMilliseconds < context.now())
      token = await requestOwnKeyToken(context, credentials, {
        audience: adminAudience(credentials.issuer),
        maxWaitSeconds: Math.max(0, deadline - context.now()) / 1000,
      });
    return token.accessToken;
  };
  /** @param deadline milliseconds since 1970, of the sign-in too */
  const clientUntil = (deadline: number): AdminClient =>
    createAdminClient({
      baseUrl: credentials.issuer,
      accessToken: () => accessTokenUntil(deadline),
      fetch: (url, init) => {
        const headers = new Headers(init.headers);
        headers.set('user-agent', context.userAgent);
        const signal = AbortSignal.timeout(requestMilliseconds(deadline, context.now()));
        return context.fetch(url, { ...init, headers, signal });
      },
    });

  const attemptOnce = async (
    name: AdminOperationName,
    call: UnjudgedCall,
    client: AdminClient,
  ): Promise<Attempt<Result<Answer<unknown>, RefusedCall>>> => {
    // A change may have been made although no answer came: only what changes nothing is tried again then.
    const repeatable = (adminOperations[name] satisfies AdminOperation).method === 'GET';
    try {
      const reply = await client.call(name, call as AdminCall<AdminOperationName>);
      if (reply.ok) return { kind: 'done', value: ok(reply.value) };
      const { status, retryAfterSeconds } = reply.error;
      if (status < 500 && status !== 429) return { kind: 'done', value: fail(reply.error) };
      return {
        kind: 'later',
        words: `${host} answered ${status}: ${wordsOf(reply.error)}`,
        waitMilliseconds: retryAfterSeconds === null ? null : retryAfterSeconds * 1000,
        ...(status === 429 || status === 503 ? {} : { tries: repeatable ? triesOfTheNetwork : 1 }),
      };
    } catch (error) {
      if (error instanceof CommandFailed) throw error;
      const { words, mayPass } = describeNetworkFault(error, host);
      return {
        kind: 'later',
        words,
        waitMilliseconds: null,
        tries: mayPass && repeatable ? triesOfTheNetwork : 1,
      };
    }
  };
  const attempt = async <Body>(name: AdminOperationName, call: UnjudgedCall) => {
    const deadline = context.now() + maxWaitSeconds * 1000;
    const client = clientUntil(deadline);
    return (await retryUntil(context, deadline, () => attemptOnce(name, call, client))) as Result<
      Answer<Body>,
      RefusedCall
    >;
  };

  async function* stream(name: AdminOperationName, call: UnjudgedCall): AsyncGenerator<Uint8Array> {
    const client = createAdminClient({
      baseUrl: credentials.issuer,
      accessToken: () => accessTokenUntil(context.now() + maxWaitSeconds * 1000),
      fetch: (url, init) => {
        const headers = new Headers(init.headers);
        headers.set('user-agent', context.userAgent);
        return context.fetch(url, { ...init, headers });
      },
    });
    try {
      const reply = await client.open(name, call as AdminCall<AdminOperationName>);
      if (!reply.ok) throw refusalOf(reply.error);
      yield* reply.value;
    } catch (error) {
      if (error instanceof CommandFailed) throw error;
      throw unreachable(describeNetworkFault(error, host).words);
    }
  }

  return {
    attempt,
    stream,
    call: async <Body>(name: AdminOperationName, call: UnjudgedCall) => {
      const reply = await attempt<Body>(name, call);
      if (!reply.ok) throw refusalOf(reply.error);
      return reply.value;
    },
  };
};

/** Joins options and environment as `bureau token` does; an option wins, and an empty variable counts as absent. */
const reachOf = (
  { server, tenant, maxWait, allowHttp }: SignInOptions,
  environment: CommandContext['environment'],
) => {
  const variable = (name: string): string | undefined => environment[name] || undefined;
  return {
    server: server ?? variable('BUREAU_SERVER'),
    tenant: tenant ?? variable('BUREAU_TENANT'),
    maxWaitSeconds: maxWait ?? defaultMaxWaitSeconds,
    allowHttp,
  };
};

const wordsOf = ({ code, detail }: RefusedCall): string => `${visible(code)}: ${visible(detail)}`;

const staleVersion = 412;

/** The refusal of the API as the end of a command: `code: detail`, and a line for each member that is wrong. */
export const refusalOf = (refusal: RefusedCall): CommandFailed =>
  refusal.status === staleVersion
    ? refused('changed in the meantime by somebody else, so nothing was done: run it again')
    : refused(
        wordsOf(refusal),
        ...refusal.errors.map(({ path, message }) => `  ${visible(path)}: ${visible(message)}`),
      );

/** `--credentials`, else `BUREAU_CREDENTIALS`, else `admin.json` in the data folder of the server here (contract §6). */
const findCredentials = async (context: CommandContext, options: SignInOptions): Promise<string> => {
  const named = options.credentials ?? context.environment['BUREAU_CREDENTIALS'] ?? '';
  if (named !== '') return named;
  const { loadDataDir } = await import('../../config/load.ts');
  const { environment, workingDirectory } = context;
  const dataDir = await loadDataDir({ file: options.config ?? null, environment, workingDirectory });
  if (!dataDir.ok) throw misused('the data folder of the server is not known', ...dataDir.error);
  const path = join(dataDir.value, 'admin.json');
  if ((await context.readText(path)) === null)
    throw misused(
      `there are no credentials of an administrator: ${path} is not there`,
      'bureau serve makes that file at its first start; BUREAU_DATA_DIR or --config says where its data folder is',
      'or name the credentials file of an account that has a role: --credentials FILE, or BUREAU_CREDENTIALS',
    );
  return path;
};
