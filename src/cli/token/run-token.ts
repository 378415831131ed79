import { resolve } from 'node:path';
import { tokenTypes } from '../../core/oauth/vocabulary.ts';
import type { CommandContext } from '../command-context.ts';
import { misused, refused } from '../command-failed.ts';
import { type ChosenSource, chooseSource } from './choose-source.ts';
import { createMask, type Mask } from './create-mask.ts';
import { type DiscoveredServer, discoverServer, type ReachOptions } from './discover-server.ts';
import { exchangePlatformToken } from './exchange-platform-token.ts';
import { requestOwnKeyToken } from './own-key-token.ts';
import { readCredentials } from './read-credentials.ts';
import { issuerOf } from './server-address.ts';
import type { TokenAnswer } from './token-answer.ts';
import { tokenFormats } from './token-formats.ts';
import { parseTokenRequest, type TokenOptions, type TokenRequest } from './token-request.ts';
import { watchToken } from './watch-token.ts';
import { findReplacedFile, writeTokenFile } from './write-token-file.ts';

const noServer =
  'no server is named: --server or BUREAU_SERVER is the address of the Bureau, its issuer identifier';

/**
 * `bureau token`: finds out who this workload is, asks the server for an access token or a JWT-SVID, and prints it or keeps it in a file.
 *
 * @throws CommandFailed
 */
export const runToken = async (world: CommandContext, options: TokenOptions): Promise<void> => {
  const request = parseTokenRequest(options, world.environment);
  const format = tokenFormats[request.format];
  if (request.watch === null) {
    const ask = await prepare(world, request);
    return world.write(format(await ask(request.maxWaitSeconds)));
  }

  const file = resolve(world.workingDirectory, request.watch);
  await findReplacedFile(file);
  const context = stopWith(world);
  let ask: Ask | null = null;
  await watchToken(context, {
    request: async (maxWaitSeconds) => {
      ask ??= await prepare(context, request);
      return ask(maxWaitSeconds);
    },
    maxWaitSeconds: request.maxWaitSeconds,
    write: async (answer) => {
      await writeTokenFile(file, format(answer));
      context.say(`bureau: wrote ${file}, valid until ${new Date(answer.expiresAt).toISOString()}`);
    },
  });
};

/** Asks for a token, and waits so long for a server that is busy. */
type Ask = (maxWaitSeconds: number) => Promise<TokenAnswer>;

/** Finds out who this workload is, and how it gets tokens from now on. */
const prepare = async (context: CommandContext, request: TokenRequest): Promise<Ask> => {
  const explain = (line: string): void => {
    if (request.verbose) context.say(`bureau: ${line}`);
  };
  const issuer = request.server === null ? null : issuerOf(request.server, request.tenant);
  const source = await chooseSource(
    context,
    {
      named: request.named,
      platformAudience: request.platformAudience ?? issuer,
      allowHttp: request.allowHttp,
    },
    issuer === null ? noServer : null,
  );
  explain(
    `source: ${source.name}, ${source.finding.kind === 'own-key' ? source.finding.path : source.finding.where}`,
  );
  const mask = createMask(context);
  const door = createDoor(context, request, { source, issuer, mask, explain });

  return async (maxWaitSeconds) => {
    const answer = await door(context.now() + maxWaitSeconds * 1000);
    if (request.svid !== null && answer.issuedTokenType !== tokenTypes.jwt)
      throw refused('a JWT-SVID was asked for, and the server issued something else: it may be an older one');
    await mask(answer.accessToken);
    explain(`a token for ${answer.expiresInSeconds} s, scope "${answer.scope}"`);
    return answer;
  };
};

/**
 * How this workload gets a token, each time it needs one.
 *
 * @param deadline milliseconds since 1970
 */
type Door = (deadline: number) => Promise<TokenAnswer>;

const createDoor = (
  context: CommandContext,
  request: TokenRequest,
  {
    source: { finding },
    issuer,
    mask,
    explain,
  }: {
    readonly source: ChosenSource;
    readonly issuer: string | null;
    readonly mask: Mask;
    readonly explain: (line: string) => void;
  },
): Door => {
  const { allowHttp } = request;
  const reach = (deadline: number): ReachOptions => ({
    allowHttp,
    maxWaitSeconds: Math.max(0, deadline - context.now()) / 1000,
  });

  if (finding.kind === 'own-key')
    return async (deadline) => {
      // Read anew each time, so that a key can be replaced under a command that watches.
      const credentials = await readCredentials(context, finding.path, {
        server: request.server ?? undefined,
        tenant: request.tenant ?? undefined,
        ...reach(deadline),
      });
      explain(`account ${credentials.accountId}, issuer ${credentials.issuer}, ${credentials.algorithm}`);
      return requestOwnKeyToken(context, credentials, {
        audience: request.audience ?? undefined,
        scope: request.scope ?? undefined,
        svid: request.svid,
        ...reach(deadline),
      });
    };

  if (issuer === null) throw misused(noServer);
  if (finding.warning !== undefined) context.say(`bureau: warning: ${finding.warning}`);
  if (request.watch !== null && !finding.renews)
    context.say(
      `bureau: warning: ${finding.where} is never renewed, so that --watch can go on as long as that token lives`,
    );
  let server: DiscoveredServer | null = null;
  return async (deadline) => {
    if (server === null) {
      server = await discoverServer(context, issuer, reach(deadline));
      explain(`server: ${server.issuer}, token endpoint ${server.tokenEndpoint}`);
    }
    return exchangePlatformToken(context, server, finding, request, { deadline, mask, explain });
  };
};

/** The same world, in which what is under way ends with SIGTERM and SIGINT. */
const stopWith = (world: CommandContext): CommandContext => {
  const { stopping } = world;
  return {
    ...world,
    fetch: (input, init) =>
      world.fetch(input, {
        ...init,
        signal: AbortSignal.any([stopping, ...(init?.signal ? [init.signal] : [])]),
      }),
  };
};
