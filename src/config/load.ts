import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail, ok, type Result } from '../core/result.ts';
import { rotationProblems, type RotationSettings } from '../core/signing-keys/rotation-policies.ts';
import { clientVariables } from './client-variables.ts';
import {
  type Configuration,
  configurationSchema,
  environmentName,
  fileOnlyMembers,
  type ParsedConfiguration,
} from './schema.ts';

/** Where the configuration comes from; later ones win: defaults, file, environment (contract §2). */
export interface ConfigurationSources {
  /** `--config FILE`; when absent `config/bureau.yaml` is read if it exists. */
  readonly file: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Checks that need a parser of another ring, each giving the problems of one member. */
  readonly parsers: Readonly<Partial<Record<keyof Configuration, (value: never) => readonly string[]>>>;
}

/** A validated configuration, or every problem at once, each one line that names the setting. */
export const loadConfiguration = async (
  sources: ConfigurationSources,
): Promise<Result<Configuration, readonly string[]>> => {
  const problems: string[] = [];
  const fromFile = await readConfigurationFile(sources, problems);
  const fromEnvironment = readEnvironment(sources.environment);
  const given: Record<string, unknown> = { ...fromFile, ...fromEnvironment };
  const parsed = configurationSchema.safeParse(given);
  for (const [name, parser] of Object.entries(sources.parsers)) {
    const value = configurationSchema.shape[name as keyof typeof configurationSchema.shape].safeParse(
      given[name],
    );
    if (value.success)
      for (const problem of parser(value.data as never))
        problems.push(`${label(name, fromEnvironment)}: ${problem}`);
  }
  if (given['keyEncryptionKey'] !== undefined && given['keyEncryptionKeyFile'] !== undefined)
    problems.push('keyEncryptionKey, keyEncryptionKeyFile: set one of the two, not both');
  if (parsed.success)
    problems.push(...rotationProblems(rotationSettings(parsed.data)), ...tokenProblems(parsed.data));
  if (!parsed.success)
    for (const issue of parsed.error.issues) problems.push(describeIssue(issue, fromEnvironment));
  if (!parsed.success || problems.length > 0) return fail(problems);
  const dataDir = resolve(sources.workingDirectory, parsed.data.dataDir);
  return ok({
    ...parsed.data,
    dataDir,
    issuer: parsed.data.issuer ?? defaultIssuer(parsed.data.port),
    databaseUrl: parsed.data.databaseUrl ?? `sqlite:${join(dataDir, 'bureau.db')}`,
  });
};

/** The settings of the rotation, as the core takes them. */
export const rotationSettings = (configuration: ParsedConfiguration): RotationSettings => ({
  rotateAfterDays: configuration.signingKeyRotationDays,
  publishAheadSeconds: configuration.signingKeyPublishAheadSeconds,
  publishedMaxAgeSeconds: configuration.publishedMaxAgeSeconds,
});

/** The variables an operator lets templates see, every one of them; `undefined` where this process does not have it. */
export const chosenVariables = (
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(names.map((name) => [name, environment[name]]));

const tokenProblems = (configuration: ParsedConfiguration): readonly string[] =>
  configuration.signingBackend === 'local'
    ? []
    : (['pkcs11Module', 'pkcs11TokenLabel', 'pkcs11PinFile'] as const)
        .filter((name) => configuration[name] === undefined)
        .map((name) => `${name}: signingBackend pkcs11 needs it`);

/**
 * The data folder alone, for a client on the machine of its server: other settings may be wrong or belong to another
 * version. Problems only where the file that would name the folder cannot be read.
 */
export const loadDataDir = async (
  sources: Omit<ConfigurationSources, 'parsers'>,
): Promise<Result<string, readonly string[]>> => {
  const problems: string[] = [];
  const { dataDir } = configurationSchema.shape;
  const fromEnvironment = dataDir.safeParse(readEnvironment(sources.environment)['dataDir'] ?? null);
  const parsed = fromEnvironment.success
    ? fromEnvironment
    : dataDir.safeParse((await readConfigurationFile(sources, problems))['dataDir']);
  if (problems.length > 0) return fail(problems);
  if (!parsed.success) return fail(parsed.error.issues.map(({ message }) => `dataDir: ${message}`));
  return ok(resolve(sources.workingDirectory, parsed.data));
};

/** The issuer of a server nobody named (contract §2). */
const defaultIssuer = (port: number): string => `http://127.0.0.1:${port}`;

/** The configuration once the port is known: where port 0 was asked for, the free one that was found. */
export const onPort = (configuration: Configuration, port: number): Configuration => ({
  ...configuration,
  port,
  issuer:
    configuration.issuer === defaultIssuer(configuration.port) ? defaultIssuer(port) : configuration.issuer,
});

const readConfigurationFile = async (
  sources: Pick<ConfigurationSources, 'file' | 'workingDirectory'>,
  problems: string[],
): Promise<Record<string, unknown>> => {
  const path = resolve(sources.workingDirectory, sources.file ?? join('config', 'bureau.yaml'));
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (sources.file === null && (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    problems.push(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    return {};
  }
  return await parseMapping(path, text, problems);
};

/** The settings in the text of a file. Problems name the line and never show it: it may hold a secret (A102). */
const parseMapping = async (
  path: string,
  text: string,
  problems: string[],
): Promise<Record<string, unknown>> => {
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  for (const { code, pos } of [...document.errors, ...document.warnings])
    problems.push(`${path}: line ${lineCounter.linePos(pos[0]).line} is not valid YAML here (${code})`);
  if (document.errors.length > 0 || document.warnings.length > 0) return {};
  let settings: unknown;
  try {
    settings = document.toJS({ maxAliasCount: 10 }) ?? {};
  } catch {
    problems.push(`${path}: is not valid YAML here (an alias without its anchor)`);
    return {};
  }
  if (typeof settings === 'object' && !Array.isArray(settings)) return settings as Record<string, unknown>;
  problems.push(`${path}: must be a mapping of settings`);
  return {};
};

const readEnvironment = (environment: ConfigurationSources['environment']): Record<string, string> => {
  const found: Record<string, string> = {};
  for (const name of Object.keys(configurationSchema.shape)) {
    if (fileOnlyMembers.has(name)) continue;
    const value = environment[environmentName(name)];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
};

/** `BUREAU_*` variables that are set and mean nothing to this program: most likely slips of the pen. */
export const unknownVariables = (environment: ConfigurationSources['environment']): readonly string[] => {
  const known = new Set<string>([
    ...clientVariables,
    ...Object.keys(configurationSchema.shape)
      .filter((name) => !fileOnlyMembers.has(name))
      .map(environmentName),
  ]);
  return Object.keys(environment)
    .filter((name) => name.startsWith('BUREAU_') && !known.has(name))
    .sort();
};

const label = (path: string, fromEnvironment: Record<string, string>): string =>
  Object.hasOwn(fromEnvironment, path) ? environmentName(path) : path;

const describeIssue = (
  issue: {
    readonly path: readonly PropertyKey[];
    readonly message: string;
    readonly code?: string;
    readonly keys?: readonly string[];
  },
  fromEnvironment: Record<string, string>,
): string => {
  if (issue.code === 'unrecognized_keys') return `${(issue.keys ?? []).join(', ')}: there is no such setting`;
  const [first, ...rest] = issue.path.map(String);
  const where = first === undefined ? 'configuration' : [label(first, fromEnvironment), ...rest].join('.');
  return `${where}: ${issue.message}`;
};
