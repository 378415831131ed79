import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildConfigurationSchema,
  buildSettingsTable,
  replaceSettingsTable,
} from '../../config/tools/generate-docs.ts';
import { configurationSchema } from '../../src/config/schema.ts';

const root = resolve(import.meta.dirname, '../..');

// When one of them is not: node config/tools/with-node.mjs config/tools/generate-docs.ts
describe('what follows from src/config/schema.ts is up to date', () => {
  it('config/bureau.schema.json', () => {
    const written: unknown = JSON.parse(readFileSync(resolve(root, 'config/bureau.schema.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(buildConfigurationSchema())));
  });

  it('the configuration table of README.md', () => {
    const readme = readFileSync(resolve(root, 'README.md'), 'utf8');
    expect(readme).toBe(replaceSettingsTable(readme));
  });

  it('the table has a row for every setting, each with a meaning', () => {
    const rows = buildSettingsTable().split('\n').slice(2);
    expect(rows.length).toBe(Object.keys(configurationSchema.shape).length);
    for (const row of rows) expect(row).toMatch(/^\| `\w+` \| .+ \| .+ \| \S.* \|$/);
  });
});
