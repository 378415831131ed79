import { glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientVariables } from '../../src/config/client-variables.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ConfigurationSources,
  loadConfiguration,
  onPort,
  unknownVariables,
} from '../../src/config/load.ts';
import {
  type Configuration,
  configurationSchema,
  environmentName,
  fileOnlyMembers,
} from '../../src/config/schema.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-config-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const load = async (sources: Partial<ConfigurationSources> = {}) =>
  loadConfiguration({ file: null, environment: {}, workingDirectory: folder, parsers: {}, ...sources });

const loaded = async (sources: Partial<ConfigurationSources> = {}): Promise<Configuration> => {
  const result = await load(sources);
  if (!result.ok) throw new Error(result.error.join('\n'));
  return result.value;
};

const problems = async (sources: Partial<ConfigurationSources>): Promise<readonly string[]> => {
  const result = await load(sources);
  return result.ok ? [] : result.error;
};

/** A file with this text; its path. */
const file = async (text: string): Promise<string> => {
  const path = join(folder, 'settings.yaml');
  await writeFile(path, text);
  return path;
};

describe('contract §2: where a setting comes from', () => {
  it('has defaults for everything', async () => {
    expect(await loaded()).toEqual({
      host: '127.0.0.1',
      port: 8080,
      issuer: 'http://127.0.0.1:8080',
      dataDir: join(folder, 'data'),
      databaseUrl: `sqlite:${join(folder, 'data', 'bureau.db')}`,
      workers: 1,
      databasePoolSize: 10,
      outboundAllow: [],
      issuerAccess: [],
      rateLimit: 6000,
      tenantRateLimit: 'off',
      signingBackend: 'local',
      signingKeyRotationDays: 30,
      signingKeyPublishAheadSeconds: 1500,
      publishedMaxAgeSeconds: 300,
      templateEnv: [],
      keyGenerationRateLimit: 120,
      strangerActivities: 600,
      trustProxy: [],
      metricsHost: '127.0.0.1',
      stopDelaySeconds: 1,
      logLevel: 'info',
    });
  });

  it('prefers the file to the default and the environment to the file, setting by setting', async () => {
    const path = await file('rateLimit: 100\nlogLevel: warn\n');
    const configuration = await loaded({ file: path, environment: { BUREAU_RATE_LIMIT: '200' } });
    expect(configuration).toMatchObject({ rateLimit: 200, logLevel: 'warn', tenantRateLimit: 'off' });
    expect(await loaded({ file: path })).toMatchObject({ rateLimit: 100 });
  });

  it('reads config/bureau.yaml when it is there and nobody named a file', async () => {
    expect(await loaded()).toMatchObject({ port: 8080 });
    await mkdir(join(folder, 'config'));
    await writeFile(join(folder, 'config', 'bureau.yaml'), 'port: 9000\n');
    expect(await loaded()).toMatchObject({ port: 9000, issuer: 'http://127.0.0.1:9000' });
    expect(await loaded({ file: await file('port: 9001\n') })).toMatchObject({ port: 9001 });
  });

  it('takes an empty file and an empty variable as nothing said', async () => {
    expect(await loaded({ file: await file('# nothing\n') })).toMatchObject({ port: 8080 });
    expect(await loaded({ environment: { BUREAU_PORT: '' } })).toMatchObject({ port: 8080 });
  });

  it('resolves relative names from where the server was started', async () => {
    expect(await loaded({ environment: { BUREAU_DATA_DIR: 'here/there' } })).toMatchObject({
      dataDir: join(folder, 'here/there'),
      databaseUrl: `sqlite:${join(folder, 'here/there/bureau.db')}`,
    });
    expect(await loaded({ environment: { BUREAU_DATA_DIR: '/var/lib/bureau' } })).toMatchObject({
      dataDir: '/var/lib/bureau',
    });
  });
});

const key = Buffer.alloc(32, 7).toString('base64');

/** Each setting: its variable, what stands in it, and what it means. */
const environmentTable: readonly (readonly [keyof Configuration, string, string, unknown])[] = [
  ['host', 'BUREAU_HOST', '0.0.0.0', '0.0.0.0'],
  ['port', 'BUREAU_PORT', '8081', 8081],
  ['issuer', 'BUREAU_ISSUER', 'https://sts.example.com/base', 'https://sts.example.com/base'],
  ['dataDir', 'BUREAU_DATA_DIR', '/srv/bureau', '/srv/bureau'],
  ['databaseUrl', 'BUREAU_DATABASE_URL', 'postgres://u@db/bureau', 'postgres://u@db/bureau'],
  ['workers', 'BUREAU_WORKERS', 'auto', 'auto'],
  ['databasePoolSize', 'BUREAU_DATABASE_POOL_SIZE', '25', 25],
  ['keyEncryptionKey', 'BUREAU_KEY_ENCRYPTION_KEY', key, key],
  ['keyEncryptionKeyFile', 'BUREAU_KEY_ENCRYPTION_KEY_FILE', '/run/key', '/run/key'],
  [
    'outboundAllow',
    'BUREAU_OUTBOUND_ALLOW',
    'idp.internal:443, 10.0.0.0/8,',
    ['idp.internal:443', '10.0.0.0/8'],
  ],
  ['rateLimit', 'BUREAU_RATE_LIMIT', 'off', 'off'],
  ['tenantRateLimit', 'BUREAU_TENANT_RATE_LIMIT', '900', 900],
  ['signingBackend', 'BUREAU_SIGNING_BACKEND', 'local', 'local'],
  ['pkcs11Module', 'BUREAU_PKCS11_MODULE', '/usr/lib/token.so', '/usr/lib/token.so'],
  ['pkcs11TokenLabel', 'BUREAU_PKCS11_TOKEN_LABEL', 'bureau', 'bureau'],
  ['pkcs11PinFile', 'BUREAU_PKCS11_PIN_FILE', '/run/pin', '/run/pin'],
  ['signingKeyRotationDays', 'BUREAU_SIGNING_KEY_ROTATION_DAYS', '7', 7],
  ['signingKeyPublishAheadSeconds', 'BUREAU_SIGNING_KEY_PUBLISH_AHEAD_SECONDS', '600', 600],
  ['publishedMaxAgeSeconds', 'BUREAU_PUBLISHED_MAX_AGE_SECONDS', '60', 60],
  ['templateEnv', 'BUREAU_TEMPLATE_ENV', 'CLUSTER_NAME, REGION', ['CLUSTER_NAME', 'REGION']],
  ['keyGenerationRateLimit', 'BUREAU_KEY_GENERATION_RATE_LIMIT', '60', 60],
  ['strangerActivities', 'BUREAU_STRANGER_ACTIVITIES', '60', 60],
  ['trustProxy', 'BUREAU_TRUST_PROXY', '10.0.0.1,fd00::/8', ['10.0.0.1', 'fd00::/8']],
  ['metricsPort', 'BUREAU_METRICS_PORT', '9090', 9090],
  ['metricsHost', 'BUREAU_METRICS_HOST', '0.0.0.0', '0.0.0.0'],
  ['stopDelaySeconds', 'BUREAU_STOP_DELAY_SECONDS', '0.5', 0.5],
  ['logLevel', 'BUREAU_LOG_LEVEL', 'debug', 'debug'],
];

describe('contract §2: environment variables', () => {
  it.each(environmentTable)('%s is %s', async (name, variable, text, value) => {
    expect(environmentName(name)).toBe(variable);
    expect((await loaded({ environment: { [variable]: text } }))[name]).toEqual(value);
  });

  it('are known for every setting but those of the file only', () => {
    const known = [...environmentTable.map(([name]) => name), ...fileOnlyMembers];
    expect(known.toSorted()).toEqual(Object.keys(configurationSchema.shape).toSorted());
  });

  it('never set what belongs in the file only', async () => {
    const environment = { BUREAU_ISSUER_ACCESS: '[{"origin":"https://a.example"}]' };
    expect(await loaded({ environment })).toMatchObject({ issuerAccess: [] });
    expect(unknownVariables({ ...environment, BUREAU_PORT: '80' })).toEqual(['BUREAU_ISSUER_ACCESS']);
    const path = await file(
      'issuerAccess:\n  - origin: https://A.example:443\n    bearerTokenFile: /run/token\n',
    );
    expect(await loaded({ file: path })).toMatchObject({
      issuerAccess: [{ origin: 'https://a.example', bearerTokenFile: '/run/token' }],
    });
  });

  it('knows the variables of the command line, every one that its source names and no other', async () => {
    const named = new Set<string>();
    for await (const path of glob('src/cli/**/*.ts'))
      for (const [name] of (await readFile(path, 'utf8')).matchAll(/\bBUREAU_[A-Z_]+\b/g)) named.add(name);
    // What the server reads as well, and what the command prints.
    for (const name of ['BUREAU_ISSUER', 'BUREAU_DATA_DIR', 'BUREAU_ACCESS_TOKEN', 'BUREAU_JWT_SVID'])
      named.delete(name);
    expect([...named].filter((name) => name !== 'BUREAU_').sort()).toEqual([...clientVariables]);
    expect(unknownVariables(Object.fromEntries(clientVariables.map((name) => [name, 'x'])))).toEqual([]);
  });
});

describe('contract §2: an issuer', () => {
  it('nobody named follows the port, also one that was found', async () => {
    const free = await loaded({ environment: { BUREAU_PORT: '0' } });
    expect(onPort(free, 49_152)).toMatchObject({ port: 49_152, issuer: 'http://127.0.0.1:49152' });
    const given = await loaded({ environment: { BUREAU_PORT: '8181' } });
    expect(onPort(given, 8181)).toEqual(given);
  });

  it('somebody named stays, whatever the port', async () => {
    const environment = { BUREAU_PORT: '0', BUREAU_ISSUER: 'https://sts.example.com' };
    expect(onPort(await loaded({ environment }), 49_152)).toMatchObject({
      issuer: 'https://sts.example.com',
    });
  });
});

describe('contract §2: problems', () => {
  it('are told all at once, each with the name of its setting as it was written', async () => {
    const path = await file('databasePoolSize: 0\nlogLevel: loud\nissuerAccess:\n  - origin: nowhere\n');
    const environment = {
      BUREAU_PORT: '70000',
      BUREAU_RATE_LIMIT: 'many',
      BUREAU_TRUST_PROXY: 'proxy.example',
    };
    const lines = await problems({ file: path, environment });
    expect(new Set(lines.map((line) => line.split(':')[0]))).toEqual(
      new Set([
        'BUREAU_PORT',
        'BUREAU_RATE_LIMIT',
        'BUREAU_TRUST_PROXY.0',
        'databasePoolSize',
        'issuerAccess.0.origin',
        'logLevel',
      ]),
    );
    for (const line of lines) expect(line).not.toContain('\n');
  });

  it('name every setting that does not exist', async () => {
    const path = await file(
      'prot: 80\nratelimit: 5\nissuerAccess:\n  - origin: https://a.example\n    token: x\n',
    );
    const lines = await problems({ file: path });
    expect(lines).toContain('prot, ratelimit: there is no such setting');
    expect(lines.join('\n')).toMatch(/token: there is no such setting/);
  });

  it('include what only a parser of another ring can find', async () => {
    const parsers = {
      outboundAllow: (entries: readonly string[]) => entries.map((entry) => `${entry} is odd`),
    };
    const environment = { BUREAU_OUTBOUND_ALLOW: 'a,b' };
    expect(await problems({ environment, parsers })).toEqual([
      'BUREAU_OUTBOUND_ALLOW: a is odd',
      'BUREAU_OUTBOUND_ALLOW: b is odd',
    ]);
    expect(await problems({ parsers })).toEqual([]);
    expect(await problems({ environment: { ...environment, BUREAU_PORT: 'x' }, parsers })).toHaveLength(3);
  });

  it('include a key-encryption key that was given twice', async () => {
    const twice = { BUREAU_KEY_ENCRYPTION_KEY: key, BUREAU_KEY_ENCRYPTION_KEY_FILE: '/run/key' };
    expect(await problems({ environment: twice })).toEqual([
      expect.stringMatching(/^keyEncryptionKey, keyEncryptionKeyFile: /),
    ]);
  });

  it.each([
    ['a file that is not there', null, 'ENOENT'],
    ['YAML that cannot be read', 'port: [1\n', 'is not valid YAML'],
    ['a list', '- port\n', 'must be a mapping'],
    ['a word', 'port\n', 'must be a mapping'],
    ['a setting given twice', 'port: 1\nport: 2\n', 'is not valid YAML'],
  ])('include %s', async (_, text, sentence) => {
    const path = text === null ? join(folder, 'absent.yaml') : await file(text);
    const lines = await problems({ file: path });
    expect(lines).toEqual([expect.stringContaining(sentence)]);
    expect(lines[0]).toContain(path);
  });

  it('a bomb of aliases is refused, not unfolded', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i}, `.repeat(9)}1]`);
    const path = await file(`x0: &x0 [1]\n${rows.join('\n')}\n`);
    expect(await problems({ file: path })).toEqual([expect.stringContaining('is not valid YAML')]);
  });
});

describe('A68 A69 a rotation that cannot be kept', () => {
  it.each<[Record<string, string>, readonly string[]]>([
    [{}, []],
    [{ BUREAU_SIGNING_KEY_PUBLISH_AHEAD_SECONDS: '600' }, []],
    [{ BUREAU_SIGNING_KEY_PUBLISH_AHEAD_SECONDS: '599' }, ['signingKeyPublishAheadSeconds']],
    [{ BUREAU_PUBLISHED_MAX_AGE_SECONDS: '3600' }, ['signingKeyPublishAheadSeconds']],
    [{ BUREAU_SIGNING_KEY_ROTATION_DAYS: '0.01' }, ['signingKeyRotationDays']],
  ])('%j', async (environment, named) => {
    expect((await problems({ environment })).map((line) => line.split(':')[0])).toEqual(named);
  });
});

describe('signingBackend pkcs11', () => {
  const whole = {
    BUREAU_SIGNING_BACKEND: 'pkcs11',
    BUREAU_PKCS11_MODULE: '/usr/lib/token.so',
    BUREAU_PKCS11_TOKEN_LABEL: 'bureau',
    BUREAU_PKCS11_PIN_FILE: '/run/pin',
  };

  it('needs to know its token, each part of it', async () => {
    expect(await problems({ environment: whole })).toEqual([]);
    expect(await problems({ environment: { BUREAU_SIGNING_BACKEND: 'pkcs11' } })).toEqual([
      'pkcs11Module: signingBackend pkcs11 needs it',
      'pkcs11TokenLabel: signingBackend pkcs11 needs it',
      'pkcs11PinFile: signingBackend pkcs11 needs it',
    ]);
  });
});

describe('A102 a problem never repeats a secret', () => {
  const secret = 'hunter2-correct-horse';
  it.each([
    ['a database URL of another kind', { BUREAU_DATABASE_URL: `mysql://bureau:${secret}@db/bureau` }, ''],
    ['a database URL in the place of another setting', { BUREAU_PORT: `postgres://b:${secret}@db/b` }, ''],
    ['a key in the place of the level', { BUREAU_LOG_LEVEL: secret }, ''],
    ['a token in the place of a limit', { BUREAU_RATE_LIMIT: secret }, ''],
    ['an issuer with a password', { BUREAU_ISSUER: `https://user:${secret}@sts.example.com` }, ''],
    ['a key of the wrong type', {}, `keyEncryptionKey:\n  value: ${secret}\n`],
    ['a URL of the wrong type', {}, `databaseUrl: [${secret}]\n`],
    ['a value that breaks the YAML', {}, `keyEncryptionKey: @${secret}\n`],
    ['an open quote', {}, `keyEncryptionKey: "${secret}\n`],
    ['a line without its colon', {}, `port: 1\nkeyEncryptionKey ${secret}\n`],
  ])('%s', async (_, environment, text) => {
    const lines = await problems({ environment, file: await file(text) });
    expect(lines.join('\n')).not.toContain(secret);
    expect(lines.join('\n')).not.toContain('hunter2');
    expect(lines).not.toEqual([]);
  });
});
