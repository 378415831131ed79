import type { KeyObject } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { SignatureAlgorithm } from '../../core/jwt/algorithms.ts';
import { wellKnown } from '../../core/oauth/metadata.ts';
import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import { discoverServer, type DiscoveredServer, type ReachOptions } from './discover-server.ts';
import { parsePrivateKey } from './parse-private-key.ts';
import { issuerOf, requireSafeUrl } from './server-address.ts';
import { parseObject } from './token-answer.ts';

/** An account with its own key, and where it gets tokens. */
export interface Credentials {
  readonly accountId: string;
  /** What goes into `iss` and `sub`. */
  readonly subject: string;
  readonly privateKey: KeyObject;
  /** `null` where the file names none; the server then tries every key of the account. */
  readonly keyId: string | null;
  readonly algorithm: SignatureAlgorithm;
  readonly issuer: string;
  readonly tokenEndpoint: string;
}

/** What the command line says about the server; it wins over the file. */
export interface CredentialsOptions extends ReachOptions {
  readonly server?: string | undefined;
  readonly tenant?: string | undefined;
}

/**
 * Reads a credentials file: ours (contract §5), or one by another hand: other names of members, a key in a file of its own,
 * a discovery document instead of an issuer, keys of PKCS#1, PKCS#8 and SEC1. Asks the server only for what the file does
 * not say.
 *
 * @throws CommandFailed misused, with every file and member named and nothing of the key; or as {@link discoverServer}
 */
export const readCredentials = async (
  context: CommandContext,
  path: string,
  options: CredentialsOptions = {},
): Promise<Credentials> => {
  const text = await context.readText(path);
  if (text === null) throw misused(`there is no credentials file ${path}`);
  const file = parseObject(text);
  if (file === null) throw misused(`the credentials file ${path} is not a JSON object`);
  const read = (...names: readonly string[]): string | null => readMember(file, names, path);

  const accountId = read('serviceAccountId', 'clientId', 'client_id');
  if (accountId === null) throw misused(`the credentials file ${path} has no serviceAccountId or clientId`);
  const key = parsePrivateKey(
    await readKey(
      context,
      path,
      read('privateKey', 'private_key'),
      read('private_key_file', 'privateKeyFile'),
    ),
    read('algorithm', 'alg'),
  );
  if (!key.ok) throw misused(`the credentials file ${path}: ${key.error}`);
  const server = await findServer(context, path, read, options);
  return { accountId, subject: accountId, keyId: read('keyId', 'key_id', 'kid'), ...key.value, ...server };
};

type Read = (...names: readonly string[]) => string | null;

/** The first of `names` that is there; an empty text counts as absent. */
const readMember = (
  file: Readonly<Record<string, unknown>>,
  names: readonly string[],
  path: string,
): string | null => {
  for (const name of names) {
    const value = file[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string') throw misused(`the credentials file ${path}: ${name} is not a text`);
    return value;
  }
  return null;
};

const readKey = async (
  context: CommandContext,
  path: string,
  pem: string | null,
  keyFile: string | null,
): Promise<string> => {
  await warnWhenOpen(context, path);
  if (pem !== null) return pem;
  if (keyFile === null) throw misused(`the credentials file ${path} has no privateKey`);
  const keyPath = resolve(context.workingDirectory, dirname(path), keyFile);
  const text = await context.readText(keyPath);
  if (text === null)
    throw misused(`the credentials file ${path} names a private key that is not there: ${keyPath}`);
  await warnWhenOpen(context, keyPath);
  return text;
};

const warnWhenOpen = async (context: CommandContext, path: string): Promise<void> => {
  const mode = await context.fileMode(path);
  if (mode !== null && (mode & 0o077) !== 0)
    context.say(
      `bureau: warning: others on this machine can read ${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600`,
    );
};

const findServer = async (
  context: CommandContext,
  path: string,
  read: Read,
  options: CredentialsOptions,
): Promise<DiscoveredServer> => {
  const issuer =
    read('issuer') ?? issuerOfDocument(read('discoveryURI', 'discoveryURL', 'discoveryUrl'), path);
  const tokenEndpoint = read('tokenEndpoint', 'token_endpoint');
  const tenant = read('tenant');
  if (options.tenant !== undefined && tenant !== null && options.tenant !== tenant)
    throw misused(`the credentials file ${path} is of tenant ${tenant}, not of ${options.tenant}`);

  const asked = options.server === undefined ? null : issuerOf(options.server, options.tenant ?? tenant);
  const wanted = asked ?? issuer;
  if (wanted === null)
    throw misused(`the credentials file ${path} names no server: --server or BUREAU_SERVER is needed`);
  if (wanted !== issuer || tokenEndpoint === null) return discoverServer(context, wanted, options);
  // The admin API stands below the issuer, and its access token goes there.
  requireSafeUrl(wanted, `the issuer in ${path}`, options.allowHttp ?? false);
  requireSafeUrl(tokenEndpoint, `the token endpoint in ${path}`, options.allowHttp ?? false);
  return { issuer: wanted, tokenEndpoint };
};

const documents = [wellKnown.openidConfiguration, wellKnown.authorizationServer];

/** The issuer whose discovery document stands at `uri`: below the issuer, or between its host and its path (RFC 8414 §3.1). */
const issuerOfDocument = (uri: string | null, path: string): string | null => {
  if (uri === null) return null;
  for (const document of documents) {
    if (uri.endsWith(document)) return uri.slice(0, -document.length);
    const at = uri.indexOf(`${document}/`);
    if (at !== -1) return uri.slice(0, at) + uri.slice(at + document.length);
  }
  throw misused(
    `the credentials file ${path}: the discovery URI does not end in ${wellKnown.openidConfiguration}`,
  );
};
