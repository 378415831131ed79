import { tokenTypes } from '../../core/oauth/vocabulary.ts';
import type { CommandContext } from '../command-context.ts';
import { misused } from '../command-failed.ts';
import { printable } from './printable.ts';
import { defaultMaxWaitSeconds } from './retry.ts';
import { isTokenFormat, type TokenFormat, tokenFormats } from './token-formats.ts';
import type { NamedSource } from './token-source.ts';

/** The options of `bureau token` as the command line gives them. */
export interface TokenOptions {
  readonly server?: string;
  readonly tenant?: string;
  readonly credentials?: string;
  readonly subjectToken?: string;
  readonly subjectTokenFile?: string;
  readonly subjectTokenType?: string;
  readonly tokenVariable?: string;
  readonly platformAudience?: string;
  readonly audience?: string;
  readonly scope?: string;
  readonly clientId?: string;
  readonly jwtSvid?: boolean;
  readonly credentialProvider?: string;
  readonly format?: string;
  readonly json?: boolean;
  readonly watch?: string;
  readonly maxWait?: string;
  readonly allowHttp?: boolean;
  readonly verbose?: boolean;
}

/** What is asked for, from the command line and the environment, with every default filled in. */
export interface TokenRequest {
  readonly server: string | null;
  readonly tenant: string | null;
  readonly named: NamedSource;
  readonly subjectTokenType: string;
  /** `null`: the issuer identifier of the server. */
  readonly platformAudience: string | null;
  readonly audience: string | null;
  readonly scope: string | null;
  readonly clientId: string | null;
  /** A JWT-SVID in place of an access token, of the credential provider that is named or the one for the audience. */
  readonly svid: { readonly provider: string | null } | null;
  readonly format: TokenFormat;
  /** The file to keep fresh; `null` to print once. */
  readonly watch: string | null;
  readonly maxWaitSeconds: number;
  readonly allowHttp: boolean;
  readonly verbose: boolean;
}

/** What the person may call the types of a presented token (RFC 8693 §3). */
const subjectTokenTypes: Readonly<Record<string, string>> = {
  jwt: tokenTypes.jwt,
  id_token: tokenTypes.idToken,
};

/**
 * Joins options and environment; an option wins, and an empty variable counts as absent.
 *
 * @throws CommandFailed (misused)
 */
export const parseTokenRequest = (
  options: TokenOptions,
  environment: CommandContext['environment'],
): TokenRequest => {
  const variable = (name: string): string | null => environment[name] || null;
  const audience = options.audience ?? variable('BUREAU_AUDIENCE');
  return {
    server: options.server ?? variable('BUREAU_SERVER') ?? variable('BUREAU_ISSUER'),
    tenant: options.tenant ?? variable('BUREAU_TENANT'),
    named: parseNamedSource(options, variable),
    subjectTokenType: parseSubjectTokenType(
      options.subjectTokenType ?? variable('BUREAU_SUBJECT_TOKEN_TYPE') ?? 'jwt',
    ),
    platformAudience: options.platformAudience ?? variable('BUREAU_PLATFORM_AUDIENCE'),
    audience,
    scope: options.scope ?? variable('BUREAU_SCOPE'),
    clientId: options.clientId ?? variable('BUREAU_CLIENT_ID'),
    svid: parseSvid(
      options.jwtSvid ?? false,
      options.credentialProvider ?? variable('BUREAU_CREDENTIAL_PROVIDER'),
      audience,
    ),
    format: parseFormat(options),
    watch: options.watch ?? null,
    maxWaitSeconds: parseSeconds(options.maxWait ?? variable('BUREAU_MAX_WAIT')),
    allowHttp: options.allowHttp ?? false,
    verbose: options.verbose ?? false,
  };
};

/** A source on the command line silences every one in the environment, whatever their order. */
const parseNamedSource = (
  { subjectToken, subjectTokenFile, tokenVariable, credentials }: TokenOptions,
  variable: (name: string) => string | null,
): NamedSource => {
  const given = Object.entries({ subjectToken, subjectTokenFile, tokenVariable, credentials }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1)
    throw misused('one of --subject-token, --subject-token-file, --token-variable and --credentials, please');
  const [name] = given[0] ?? [];
  return {
    subjectToken: name === undefined ? variable('BUREAU_SUBJECT_TOKEN') : (subjectToken ?? null),
    subjectTokenFile: name === undefined ? variable('BUREAU_SUBJECT_TOKEN_FILE') : (subjectTokenFile ?? null),
    tokenVariable: name === undefined ? variable('BUREAU_TOKEN_VARIABLE') : (tokenVariable ?? null),
    credentials: name === undefined ? variable('BUREAU_CREDENTIALS') : (credentials ?? null),
  };
};

/** A name of a provider asks for a JWT-SVID by itself. */
const parseSvid = (
  asked: boolean,
  provider: string | null,
  audience: string | null,
): TokenRequest['svid'] => {
  if (!asked && provider === null) return null;
  if (provider === null && audience === null)
    throw misused('a JWT-SVID is for one service: --audience says which, or --credential-provider');
  return { provider };
};

/** What a request for a JWT-SVID says beside the rest. */
export const svidForm = (svid: TokenRequest['svid']): Readonly<Record<string, string>> =>
  svid === null
    ? {}
    : {
        requested_token_type: tokenTypes.jwt,
        ...(svid.provider === null ? {} : { credential_provider: svid.provider }),
      };

const parseSubjectTokenType = (name: string): string => {
  const type = Object.hasOwn(subjectTokenTypes, name) ? subjectTokenTypes[name] : undefined;
  if (type !== undefined) return type;
  throw misused(
    `--subject-token-type is ${Object.keys(subjectTokenTypes).join(' or ')}, not ${printable(name)}`,
  );
};

const parseFormat = ({ format, json = false }: TokenOptions): TokenFormat => {
  if (json && format !== undefined && format !== 'json')
    throw misused('--json and --format exclude each other');
  const name = json ? 'json' : (format ?? 'token');
  if (isTokenFormat(name)) return name;
  throw misused(`--format is one of ${Object.keys(tokenFormats).join(', ')}, not ${printable(name)}`);
};

const parseSeconds = (text: string | null): number => {
  if (text === null) return defaultMaxWaitSeconds;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw misused(`--max-wait is a number of seconds, not ${printable(text)}`);
};
