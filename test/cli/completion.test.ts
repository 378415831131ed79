import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderCompletion } from '../../src/cli/completion/render-completion.ts';
import { describeProgram, everyCommand } from '../../src/cli/completion/describe-program.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { createFakeWorld } from './token/fake-world.ts';

const program = await buildProgram(createFakeWorld(), {
  version: '0.0.0',
  serve: async () => undefined,
  rewrapKeys: async () => ({ failed: null, rewrapped: 0, unchanged: 0 }),
});
const commands = everyCommand(describeProgram(program));

/** What the script for zsh asks its shell for. Bash can run it: the two share the part of their grammar that is used. */
const askInZsh = (script: string, words: readonly string[], cwd: string): string => {
  const numbered = words.map((word, index) => `[${index + 1}]='${word}'`);
  const { stdout, stderr, status } = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `compdef() { echo "compdef $*" >&2; }
_describe() { local -n found="\${!#}"; printf '%s\n' "\${found[@]}"; }
_files() { echo FILES; }
compadd() { shift; printf '%s\n' "$@"; }
compset() { PREFIX="\${PREFIX#*=}"; }
source /dev/stdin <<'SCRIPT'\n${script}\nSCRIPT
words=(${numbered.join(' ')}); CURRENT=${words.length}; PREFIX='${words.at(-1)}'
_bureau`,
    ],
    { encoding: 'utf8', cwd },
  );
  expect([status, stderr]).toEqual([0, 'compdef _bureau bureau\n']);
  return stdout;
};

/** What bash offers for the last of these words, by the script as a shell would source it. */
const completeInBash = (script: string, words: readonly string[], cwd: string): readonly string[] => {
  const quoted = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
  const { stdout, stderr, status } = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `source /dev/stdin <<'SCRIPT'\n${script}\nSCRIPT
complete -p bureau >&2
COMP_WORDS=(${quoted.join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _bureau
printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    { encoding: 'utf8', cwd },
  );
  expect([status, stderr]).toEqual([0, 'complete -F _bureau bureau\n']);
  return stdout.split('\n').filter((line) => line !== '');
};

describe('completion knows what the program knows', () => {
  it('every command, option and choice is in every script', () => {
    expect(commands.length).toBeGreaterThan(30);
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const script = renderCompletion(program, shell);
      for (const { path, options } of commands) {
        if (path.length > 1) expect(script).toContain(`'${path.join(' ')}'`);
        for (const { flags, value } of options) {
          for (const flag of flags)
            expect(script).toContain(
              shell === 'fish' ? flag.replace('--', '-l ').replace(/^-(?=\w$)/, '-s ') : flag,
            );
          if (value?.kind === 'choices') for (const choice of value.choices) expect(script).toContain(choice);
        }
      }
    }
  });

  it('a new command is in it without another line', () => {
    const later = new Command('bureau');
    later
      .command('doctor [file]')
      .description("says what's wrong: \\ $(x) `y`")
      .addOption(new Option('--level <level>', 'how loud').choices(['low', 'high']));
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const script = renderCompletion(later, shell);
      expect(script).toContain('doctor');
      expect(script).toMatch(/low'? '?high/);
    }
  });

  it('words are of letters, digits and dashes alone, so that no shell takes them for more', () => {
    const words = commands.flatMap(({ path, options, arguments: values }) => [
      ...path,
      ...options.flatMap(({ flags, value }) => [
        ...flags,
        ...(value?.kind === 'choices' ? value.choices : []),
      ]),
      ...values.flatMap((value) => (value.kind === 'choices' ? value.choices : [])),
    ]);
    expect(words.filter((word) => !/^[\w-]+$/.test(word))).toEqual([]);
  });
});

describe('bash', () => {
  const script = renderCompletion(program, 'bash');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bureau-completion-'));
    await writeFile(join(folder, 'key.pem'), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each<[string, string[], string[]]>([
    ['commands', ['bureau', 'ac'], ['accounts', 'activities']],
    ['sub-commands', ['bureau', 'accounts', 'en'], ['enable']],
    ['options', ['bureau', 'accounts', 'create', '--sub'], ['--subject', '--subject-pattern']],
    ['options of another command are not among them', ['bureau', 'accounts', 'list', '--sub'], []],
    ['choices', ['bureau', 'accounts', 'create', '--role', 'a'], ['administrator', 'auditor']],
    ['choices after =', ['bureau', 'accounts', 'create', '--role', '=', 'v'], ['viewer']],
    [
      'choices right after =',
      ['bureau', 'accounts', 'create', '--role', '='],
      ['administrator', 'viewer', 'auditor'],
    ],
    ['nothing for a value of any kind', ['bureau', 'accounts', 'create', '--name', 'l'], []],
    [
      'a value that looks like a command',
      ['bureau', 'accounts', 'create', '--name', 'list', '--subject-'],
      ['--subject-pattern'],
    ],
    ['files', ['bureau', 'keys', 'add', 'x', '--file', 'key'], ['key.pem']],
    ['files after the short option', ['bureau', 'keys', 'list', 'x', '-p', 'k'], ['key.pem']],
    ['shells', ['bureau', 'completion', ''], ['bash', 'zsh', 'fish']],
    ['nothing for what there is not', ['bureau', 'nonsense', 'x'], []],
  ])('%s', (_title, words, expected) => {
    expect(completeInBash(script, words, folder)).toEqual(expected);
  });

  it('every place offers what its command has', () => {
    for (const { path, commands: children } of commands.filter(({ path: { length } }) => length <= 2))
      expect(completeInBash(script, [...path, ''], folder)).toEqual(
        children.map((child) => child.path.at(-1)),
      );
  });
});

describe('zsh and fish: as far as one can without these shells', () => {
  it.each<[string, string[], RegExp]>([
    ['commands with what they mean', ['bureau', ''], /^keys:the keys of/m],
    ['options', ['bureau', 'accounts', 'create', '-'], /^--subject-pattern:a pattern/m],
    ['choices', ['bureau', 'accounts', 'create', '--role', ''], /^administrator\nviewer\nauditor\n$/],
    ['choices after =', ['bureau', 'accounts', 'create', '--role='], /^administrator\nviewer\nauditor\n$/],
    ['files', ['bureau', 'keys', 'add', 'x', '--file', ''], /^FILES\n$/],
    ['nothing for a value of any kind', ['bureau', 'accounts', 'create', '--name', ''], /^$/],
  ])('zsh: %s', (_title, words, expected) => {
    expect(askInZsh(renderCompletion(program, 'zsh'), words, tmpdir())).toMatch(expected);
  });

  it('zsh: a description with quotes and dollars is a description', () => {
    const odd = new Command('bureau');
    odd.command('x').description('it\'s $(echo RUN) `echo RUN` \\ "');
    expect(askInZsh(renderCompletion(odd, 'zsh'), ['bureau', ''], tmpdir())).toBe(
      'x:it\'s $(echo RUN) `echo RUN` \\ "\n',
    );
  });

  it('zsh: bash finds no fault in its grammar, and it is made for compdef', () => {
    const script = renderCompletion(program, 'zsh');
    // The two shells share this much of their grammar.
    const { stderr, status } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(script.startsWith('#compdef bureau\n')).toBe(true);
    expect(script).toContain("'accounts:service accounts: who may get tokens'");
    expect(script).not.toMatch(/\b(local|typeset) .*\bpath\b/);
  });

  it('fish: blocks are closed, and every line is a complete command with quotes in pairs', () => {
    const script = renderCompletion(program, 'fish');
    const opened = script.match(/^\s*(function|for|switch|if|while)\b/gm)?.length;
    expect(script.match(/^\s*end$/gm)?.length).toBe(opened);
    const lines = script.split('\n').filter((line) => line.startsWith('complete '));
    expect(lines.length).toBeGreaterThan(300);
    for (const line of lines)
      expect(line).toMatch(
        /^complete -c bureau( -f)?( -n '[^']*')?(( -[slad]) ('(\\.|[^'\\])*'|[\w-]+)| -[xrF])*$/,
      );
  });
});
