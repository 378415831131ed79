// The table of metrics in the README, held to what a server says.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doors, openTestBureau, type TestBureau } from '../support/test-bureau.ts';

const readme = readFileSync(join(resolve(import.meta.dirname, '../..'), 'README.md'), 'utf8');
const table = /<!-- metrics -->\n([\s\S]*?)<!-- \/metrics -->/.exec(readme)?.[1] ?? '';

interface Row {
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
}
const documented: readonly Row[] = [...table.matchAll(/^\| `([a-z_]+)` \| ([^|]*) \| ([^|]*) \|$/gm)].map(
  ([, name = '', labels = '', help = '']) => ({
    name,
    labels: [...labels.matchAll(/`([a-z]+)`/g)].map(([, label = '']) => label).toSorted(),
    help: help.trim(),
  }),
);

describe('the metrics of the README', () => {
  let bureau: TestBureau;
  let text: string;
  beforeAll(async () => {
    bureau = await openTestBureau();
    for (const { form } of doors) await bureau.token(form(await bureau.goodToken()));
    text = (await bureau.inject({ method: 'GET', url: '/metrics' })).body as string;
  });
  afterAll(() => bureau.close());

  const named = (): readonly Row[] =>
    [...text.matchAll(/^# HELP (bureau_[a-z_]+) (.+)$/gm)].map(([, name = '', help = '']) => {
      const samples = [
        ...text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? [^ ]+$`, 'gm')),
      ];
      const labels = samples.flatMap(([, inside = '']) =>
        [...inside.matchAll(/([a-z]+)="/g)].map(([, label = '']) => label),
      );
      return { name, labels: [...new Set(labels)].filter((label) => label !== 'le').toSorted(), help };
    });

  it('are those of a server, with their labels and in its words', () => {
    expect(named().length).toBeGreaterThan(10);
    expect(documented).toEqual(named());
  });

  it('every sample has a HELP and a TYPE', () => {
    const names = new Set(
      [...text.matchAll(/^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{| )/gm)].map(([, name = '']) => name),
    );
    for (const { name } of named()) {
      expect(text).toMatch(new RegExp(`^# TYPE ${name} (?:counter|gauge|histogram)$`, 'm'));
      expect(names).toContain(name);
    }
  });

  it('the alarms of the README are about metrics that are there', () => {
    const worth = /Worth an alarm:[\s\S]*?\n\n/.exec(readme)?.[0] ?? '';
    const alarms = [...worth.matchAll(/`(bureau_[a-z_]+)`/g)].map(([, name = '']) => name);
    expect(alarms.length).toBeGreaterThan(2);
    for (const alarm of alarms) expect(named().map(({ name }) => name)).toContain(alarm);
  });
});
