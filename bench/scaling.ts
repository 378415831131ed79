// Writes bench/scaling.md from bench/report.json, the figures of a full run: npm run bench:scaling
import { readFileSync, writeFileSync } from 'node:fs';
import type { Findings } from './findings.ts';
import { PartMissing } from './scaling/parts.ts';
import { renderScaling } from './scaling/render-scaling.ts';

try {
  const findings = JSON.parse(readFileSync(new URL('./report.json', import.meta.url), 'utf8')) as Findings;
  const page = renderScaling(findings);
  process.stdout.write(page);
  writeFileSync(new URL('./scaling.md', import.meta.url), page);
} catch (error) {
  if (!(error instanceof PartMissing)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
