// Advice that cannot be followed costs more than none: every command that is named somewhere is one that there is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadIssuerPresets } from '../../src/config/issuer-presets.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { reasonSentences, sentencesOfCheck } from '../../src/core/oauth/reason-sentences.ts';
import { createFakeWorld } from '../cli/token/fake-world.ts';

const root = join(import.meta.dirname, '../..');
const refuse = async () => {
  throw new Error('is not run');
};
let program: Command;
beforeAll(async () => {
  program = await buildProgram(createFakeWorld(), { version: '0', serve: refuse, rewrapKeys: refuse });
});

/** What a shell makes of one simple command: quotes, comments and redirections gone. */
const wordsOf = (command: string): readonly string[] =>
  (command.replace(/\s(?:#|[|<>&]|&&).*$/, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? []).slice(1);

/** What is wrong with a command; `null`: it can be run. Of one that ends with … the beginning is looked at alone. */
const faultOf = (text: string): string | null => {
  const open = text.includes('…');
  const rest = [...wordsOf(text)];
  let command = program;
  for (;;) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (next === undefined) break;
    command = next;
    rest.shift();
  }
  if (command === program)
    return rest[0] === '…' || rest.every((word) => word.startsWith('--')) ? null : `no command ${rest[0]}`;
  if (command.commands.length > 0 && !rest[0]?.startsWith('…') && rest.length > 0)
    return `no command ${rest[0]}`;
  const args = rest.filter((word) => word !== '…');
  try {
    const { operands, unknown } = command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parseOptions(args);
    if (unknown.length > 0 && !(open && unknown.every((word) => !word.startsWith('-'))))
      return `unknown ${unknown.join(' ')}`;
    if (open) return null;
    const needed = command.registeredArguments.filter(({ required }) => required).length;
    const most = command.registeredArguments.length;
    if (operands.length > most) return 'too many arguments';
    if (operands.length < needed && args.length > 0) return 'too few arguments';
  } catch (error) {
    return String(error);
  }
  return null;
};

/** As {@link faultOf}, for what is to be copied: nothing left out, and a federation whole. */
const faultOfAdvice = (text: string): string | null => {
  const fault = faultOf(text);
  if (fault !== null) return fault;
  const words = wordsOf(text);
  const path = words.slice(0, 2).join(' ');
  const group = program.commands.find((each) => each.name() === words[0]);
  const command = group?.commands.find((each) => each.name() === words[1]) ?? group;
  const needed = command?.registeredArguments.filter(({ required }) => required).length ?? 0;
  if (words.length - path.split(' ').length < needed) return 'too few arguments';
  const missing = command?.options.filter(
    ({ mandatory, long, short }) => mandatory && !words.some((word) => word === long || word === short),
  );
  if (missing !== undefined && missing.length > 0) return `misses ${missing[0]?.long}`;
  const federation = ['--issuer', '--subject', '--audience'].filter((flag) => words.includes(flag));
  if (path === 'accounts update' && federation.length % 3 !== 0) return 'half a federation';
  return null;
};

const commandsIn = (text: string): readonly string[] =>
  Array.from(text.matchAll(/`(bureau [^`]+)`/g), ([, command]) => command ?? '');

const filesBelow = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));

describe('commands that are named', () => {
  it('the control: what is no command, or cannot be parsed, is found', () => {
    expect(faultOf('bureau accounts list --team x')).toBeNull();
    expect(faultOf('bureau keys create')).toContain('create');
    expect(faultOf('bureau tenants enable')).toContain('tenants');
    expect(faultOf('bureau accounts get')).toBeNull();
    expect(faultOfAdvice('bureau accounts get')).toBe('too few arguments');
    expect(faultOfAdvice('bureau accounts update A --scope')).toContain('argument missing');
    expect(faultOfAdvice('bureau accounts update A --subjects x')).toContain('--subjects');
    expect(faultOfAdvice('bureau accounts update A --subject x')).toBe('half a federation');
    expect(faultOfAdvice('bureau keys add A')).toBe('misses --file');
  });

  it('sentences of reasons can be followed to the letter, and put nothing of a stranger into a command but four names', () => {
    const all = [...Object.values(reasonSentences), ...Object.values(sentencesOfCheck)].flatMap(
      ({ summary, change }) => commandsIn(`${summary} ${change}`),
    );
    expect(all.length).toBeGreaterThan(10);
    for (const command of all) {
      expect([command, faultOfAdvice(command)]).toEqual([command, null]);
      for (const [, name] of command.matchAll(/\{([a-z]+)\}/g))
        expect(['issuer', 'subject', 'audience', 'account']).toContain(name);
    }
  });

  it('presets', async () => {
    const presets = await loadIssuerPresets(join(root, 'config/issuers'));
    for (const command of commandsIn(JSON.stringify(presets)))
      expect([command, faultOfAdvice(command)]).toEqual([command, null]);
  });

  it('README, documents, and the sources', () => {
    const files = ['README.md', ...filesBelow('docs', '.md'), ...filesBelow('src', '.ts')];
    const faults = files.flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const blocks = Array.from(
        text.matchAll(/^(?:[^\n|#`*]*\| )?(bureau [a-z].*?)(?: \| bureau.*)?$/gm),
        ([, line]) => line ?? '',
      );
      return [...commandsIn(text), ...(file.endsWith('.md') ? blocks : [])]
        .filter((command) => !/^bureau (?:init|apply|doctor|tenants|completion SHELL)$/.test(command))
        .map((command) => [file, command, faultOf(command)])
        .filter(([, , fault]) => fault !== null);
    });
    expect(faults).toEqual([]);
  });
});
