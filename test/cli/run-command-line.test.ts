import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli/run-command-line.ts';
import { buildProgram } from '../../src/cli/program.ts';
import type { RewrapKeys } from '../../src/cli/rewrap-keys.ts';
import { createFakeWorld, type FakeWorldOptions } from './token/fake-world.ts';

const rewrapKeys: RewrapKeys = async ({ fromKeyFile }) =>
  fromKeyFile === 'right.key'
    ? { failed: null, rewrapped: 4, unchanged: 1 }
    : { failed: 'refused', lines: [`${fromKeyFile} opens nothing`] };

const run = async (args: readonly string[], options: FakeWorldOptions = {}) => {
  const world = createFakeWorld(options);
  const served: (string | null)[] = [];
  const serve = async (file: string | null): Promise<void> => void served.push(file);
  const code = await runCommandLine(args, world, { version: '1.2.3', serve, rewrapKeys });
  return { code, out: world.out(), err: world.err(), served };
};

describe('the command line (contract §6)', () => {
  it.each([[['--help']], [['help']], [['token', '--help']], [['help', 'token']], [['serve', '--help']]])(
    '%j: help on stdout, exit 0',
    async (args) => {
      const { code, out, err, served } = await run(args);
      expect({ code, err, served }).toEqual({ code: 0, err: '', served: [] });
      expect(out).toContain('Usage: bureau');
    },
  );

  it('--version: exit 0', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n', err: '' });
  });

  it('serve goes on, and so has no exit code', async () => {
    expect(await run(['serve'])).toMatchObject({ code: null, served: [null], out: '' });
    expect(await run(['serve', '--config', 'x.yaml'])).toMatchObject({ code: null, served: ['x.yaml'] });
  });

  it.each([
    [[], /Usage: bureau/],
    [['nix'], /unknown command 'nix'/],
    [['token', '--nix'], /unknown option '--nix'/],
    [['token', 'nix'], /too many arguments/],
    [['token', '--server'], /argument missing/],
    [['serve', '--nix'], /unknown option/],
  ])('%j: exit 2, on stderr', async (args, line) => {
    const { code, out, err, served } = await run(args);
    expect({ code, out, served }).toEqual({ code: 2, out: '', served: [] });
    expect(err).toMatch(line);
  });

  it('a command that fails: its lines on stderr, each with the name of the program', async () => {
    const { code, out, err } = await run(['token']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    for (const line of err.split('\n')) expect(line).toMatch(/^bureau: /);
  });

  it('a fault of ours: said, and no success', async () => {
    const files = {
      '/c': () => {
        throw new Error('out of paper');
      },
    };
    const { code, out, err } = await run(['token', '-p', '/c'], { files });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^bureau: internal fault: Error: out of paper\n/);
  });

  it.each<[readonly string[], object]>([
    [['right.key'], { code: 0, out: '4 signing keys rewrapped, 1 unchanged\n', err: '' }],
    [['right.key', '--json'], { code: 0, out: '{"rewrapped":4,"unchanged":1}\n', err: '' }],
    [['wrong.key'], { code: 1, out: '', err: 'bureau: wrong.key opens nothing' }],
  ])('keys rewrap --from-key-file %j is handed over, and its outcome told', async (options, expected) => {
    expect(await run(['keys', 'rewrap', '--from-key-file', ...options])).toMatchObject(expected);
  });

  it('keys rewrap without the old key is misuse', async () => {
    expect(await run(['keys', 'rewrap'])).toMatchObject({ code: 2, out: '' });
  });

  it.each([
    ['token', ['serve', 'token']],
    ['keys', ['serve', 'keys']],
    ['serve', ['serve']],
    [
      'completion',
      [
        'serve',
        'token',
        'accounts',
        'keys',
        'issuers',
        'providers',
        'blocks',
        'inbox',
        'activities',
        'explain',
        'completion',
      ],
    ],
    [
      'nix',
      [
        'serve',
        'token',
        'accounts',
        'keys',
        'issuers',
        'providers',
        'blocks',
        'inbox',
        'activities',
        'explain',
        'completion',
      ],
    ],
    [
      'toString',
      [
        'serve',
        'token',
        'accounts',
        'keys',
        'issuers',
        'providers',
        'blocks',
        'inbox',
        'activities',
        'explain',
        'completion',
      ],
    ],
  ])('for %s these commands are read: %j', async (wanted, expected) => {
    const server = { version: '1.2.3', serve: async () => undefined, rewrapKeys };
    const program = await buildProgram(createFakeWorld(), server, wanted);
    expect(program.commands.map((command) => command.name())).toEqual(expected);
  });
});
