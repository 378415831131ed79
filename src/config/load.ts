import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { fail, ok, type Result } from '../core/result.ts';
import { type Configuration, configurationSchema, environmentName, fileOnlyMembers } from './schema.ts';

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
    const value = configurationSchema.shape[name as keyof typeof configurationSchema.shape].safeParse(given[name]);
    if (value.success)
      for (const problem of parser(value.data as never)) problems.push(`${label(name, fromEnvironment)}: ${problem}`);
  }
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(describeIssue(issue, fromEnvironment));
    return fail(problems);
  }
  const dataDir = resolve(sources.workingDirectory, parsed.data.dataDir);
  const configuration: Configuration = {
    ...parsed.data,
    dataDir,
    issuer: parsed.data.issuer ?? `http://127.0.0.1:${parsed.data.port}`,
    databaseUrl: parsed.data.databaseUrl ?? `sqlite:${join(dataDir, 'bureau.db')}`,
  };
  if (configuration.keyEncryptionKey !== undefined && configuration.keyEncryptionKeyFile !== undefined)
    problems.push('keyEncryptionKey, keyEncryptionKeyFile: set one of the two, not both');
  if (parsed.data.issuer === undefined && configuration.port === 0)
    problems.push('issuer (BUREAU_ISSUER): must be set when the port is 0');
  return problems.length === 0 ? ok(configuration) : fail(problems);
};

const readConfigurationFile = async (
  sources: ConfigurationSources,
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
  try {
    const document: unknown = parseYaml(text, { maxAliasCount: 10, prettyErrors: true }) ?? {};
    if (typeof document === 'object' && !Array.isArray(document)) return document as Record<string, unknown>;
    problems.push(`${path}: must be a mapping of settings`);
  } catch (error) {
    problems.push(`${path}: is not valid YAML (${(error as Error).message.split('\n', 1)[0]})`);
  }
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

const label = (path: string, fromEnvironment: Record<string, string>): string =>
  Object.hasOwn(fromEnvironment, path) ? environmentName(path) : path;

const describeIssue = (
  issue: { readonly path: readonly PropertyKey[]; readonly message: string; readonly code?: string; readonly keys?: readonly string[] },
  fromEnvironment: Record<string, string>,
): string => {
  if (issue.code === 'unrecognized_keys') return `${(issue.keys ?? []).join(', ')}: there is no such setting`;
  const [first, ...rest] = issue.path.map(String);
  const where = first === undefined ? 'configuration' : [label(first, fromEnvironment), ...rest].join('.');
  return `${where}: ${issue.message}`;
};
