import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfiguration } from '../../src/config/load.ts';
import { configurationSchema } from '../../src/config/schema.ts';

const example = resolve(import.meta.dirname, '../../config/bureau.example.yaml');
const text = readFileSync(example, 'utf8');
const defaults = parse(text) as Record<string, unknown>;

/** Settings that are shown as a comment: `#name: …` and the lines below that belong to it. */
const shown = [...text.matchAll(/^#([a-z][A-Za-z0-9]*):.*\n(?:# {2}.*\n)*/gm)].map(([lines, name = '']) => ({
  name,
  lines: lines.replaceAll(/^#/gm, ''),
}));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bureau-example-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const load = (file: string | null) =>
  loadConfiguration({ file, environment: {}, workingDirectory: folder, parsers: {} });

describe('config/bureau.example.yaml', () => {
  it('means the same as no file at all', async () => {
    expect(await load(example)).toEqual(await load(null));
    expect(Object.keys(defaults).length).toBeGreaterThan(8);
  });

  it('has every setting, with its default or as an example', () => {
    const names = new Set([...Object.keys(defaults), ...shown.map(({ name }) => name)]);
    expect([...names].toSorted()).toEqual(Object.keys(configurationSchema.shape).toSorted());
  });

  it.each(shown)('the example of $name can be used as it stands', async ({ name, lines }) => {
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, `${text.replaceAll(new RegExp(`^${name}:.*$`, 'gm'), '')}\n${lines}`);
    const loaded = await load(file);
    expect(loaded.ok ? [] : loaded.error).toEqual([]);
    expect(parse(lines)).toEqual({ [name]: expect.anything() });
  });

  it.each(Object.keys(configurationSchema.shape))('says something about %s', (name) => {
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line.replace(/^#/, '').startsWith(`${name}:`));
    expect(lines[at - 1]).toMatch(/^# \S/);
  });
});
