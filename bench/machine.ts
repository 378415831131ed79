import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { median } from './statistics.ts';

/** What a run was made on and with. No host name, no path, no address. */
export interface Machine {
  readonly cpu: string;
  readonly usableCores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
  readonly sqlite: string;
  readonly fileSystem: string;
  /** Milliseconds of one 4 KiB append made durable, median of a hundred, measured from this process. */
  readonly appendMs: number;
  readonly packages: Readonly<Record<string, string>>;
  readonly bureau: string;
}

/** Magic numbers of statfs(2) for the file systems one is likely to meet. */
const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlayfs',
  0x2fc12fc1: 'zfs',
  0x01021994: 'tmpfs',
};

/** Whether writes to this folder stay in memory, where durability costs nothing and a figure would be a lie. */
export const isInMemory = (folder: string): boolean => fileSystemOf(folder) === 'tmpfs';

const fileSystemOf = (folder: string): string => {
  const { type: magic } = statfsSync(folder);
  return fileSystems[magic] ?? `file system type 0x${magic.toString(16)}`;
};

/** Describes this machine; `folder` is where the embedded store will be. */
export const describeMachine = (root: string, folder: string): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  usableCores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()} ${process.arch}`,
  node: process.version,
  openssl: process.versions['openssl'] ?? 'unknown',
  sqlite: process.versions['sqlite'] ?? 'unknown',
  fileSystem: fileSystemOf(folder),
  appendMs: measureDurableAppend(folder),
  packages: Object.fromEntries(
    ['oidc-provider', 'jose', 'koa', 'fastify', 'kysely'].map((name) => [
      name,
      versionIn(join(root, 'node_modules', name)),
    ]),
  ),
  bureau: `${versionIn(root)}${describeCommit(root)}`,
});

const versionIn = (folder: string): string => {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
};

/** The commit, and whether the sources differ from it; nothing where there is no git. */
const describeCommit = (root: string): string => {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', [...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src') !== '';
    return ` at commit ${git('rev-parse', '--short', 'HEAD')}${changed ? ' with uncommitted changes in src' : ''}`;
  } catch {
    return '';
  }
};

const measureDurableAppend = (folder: string): number => {
  const path = join(folder, 'append-test');
  const file = openSync(path, 'a');
  const page = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 100 }, () => {
    const start = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  rmSync(path);
  return median(times);
};
