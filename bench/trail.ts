// The trail at length: how long a filtered page, a check and an export take on the embedded store. bench/README.md says more.
import { execFileSync } from 'node:child_process';
import { hash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openStorage } from '../src/adapters/storage/open-storage.ts';
import { activityColumns } from '../src/adapters/storage/stores/activity-columns.ts';
import { toRow } from '../src/adapters/storage/stores/activity-row.ts';
import { createTrailVerifier } from '../src/admin/verify-trail.ts';
import { type Activity, blankActivity } from '../src/core/activity/activity.ts';
import type { ActivityFilter } from '../src/core/activity/activity-filter.ts';
import { type ChainEnd, linkActivities, startOfChain } from '../src/core/activity/chain.ts';
import { isInMemory } from './machine.ts';
import { median } from './statistics.ts';

const tenant = 'default';
const dayMs = 86_400_000;
const days = 90;
const accounts = 400;
const batchLines = 5000;
const root = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '10000000' },
    report: { type: 'boolean', default: false },
    // The path of the file to fill, in a process of its own: what it takes of memory is not measured.
    build: { type: 'string' },
  },
});
const lines = Number(values.lines);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const hashText = (text: string): string => hash('sha256', text, 'base64url');
const until = Date.UTC(2027, 0, 1);
const from = until - days * dayMs;
const timeOf = (index: number): number => Math.floor(from + (index / lines) * days * dayMs);
const accountOf = (index: number): string =>
  `00000000-0000-4000-8000-${String((index * 7919) % accounts).padStart(12, '0')}`;

/** Of a thousand lines 970 are of issued tokens, 25 of refused ones, 5 of changes; one account and one subject are rare. */
const lineOf = (index: number): Activity => {
  const kind = index % 1000;
  const id = kind === 500 && index % 1_000_000 === 500 ? 'rare-account' : accountOf(index);
  const account = { id, name: `deploy-${id.slice(-4)}` };
  const subject = `repo:acme/service-${id.slice(-4)}:environment:production`;
  const base: Activity = {
    ...blankActivity,
    tenant,
    id: randomUUID(),
    time: timeOf(index),
    type: 'token',
    outcome: 'issued',
    reason: 'issued',
    door: 'token-exchange',
    account,
    actor: account,
    issuer: `https://issuer-${index % 20}.example.com`,
    subject,
    audience: 'https://api.example.com',
    jti: randomUUID(),
    tokenHash: hashText(String(index)),
    sourceAddress: `10.0.${index % 200}.${index % 250}`,
    checks: [
      'key.found',
      'signature',
      'federation.issuer',
      'federation.subject',
      'federation.audience',
      'request.scope',
    ].map((check) => ({ check, expected: subject, presented: subject, ok: true })),
  };
  if (kind < 25)
    return {
      ...base,
      outcome: 'refused',
      reason: kind === 0 ? 'key_unknown' : 'audience_mismatch',
      account: null,
      actor: null,
      jti: null,
    };
  if (kind < 30)
    return {
      ...base,
      type: kind === 29 ? 'team.create' : 'service-account.change',
      outcome: 'changed',
      reason: 'changed',
      jti: null,
    };
  return base;
};

const build = (path: string): void => {
  const database = new DatabaseSync(path);
  database.exec(
    'pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -2000000; pragma locking_mode = exclusive;',
  );
  const indexes = database
    .prepare(
      "select name, sql from sqlite_master where type = 'index' and tbl_name = 'activities' and sql is not null",
    )
    .all() as unknown as readonly { readonly name: string; readonly sql: string }[];
  for (const { name } of indexes) database.exec(`drop index ${name}`);
  const insert = database.prepare(
    `insert into activities (${activityColumns.map((column) => `"${column}"`).join(', ')}) values (${activityColumns.map(() => '?').join(', ')})`,
  );
  const writer = 'embedded';
  const start = startOfChain(tenant, writer, 1, hashText);
  let end: ChainEnd = start;
  for (let first = 0; first < lines; first += batchLines) {
    const batch = Array.from({ length: Math.min(batchLines, lines - first) }, (_, offset) =>
      lineOf(first + offset),
    );
    database.exec('begin');
    for (const [index, link] of linkActivities(batch, writer, end, hashText).entries()) {
      const activity = batch[index];
      if (activity === undefined) continue;
      const row = toRow(activity, link);
      insert.run(...activityColumns.map((column) => row[column]));
      end = { number: link.number, hash: link.hash };
    }
    database.exec('commit');
    if ((first / batchLines) % 200 === 199) say(`  ${first + batchLines} lines`);
  }
  database
    .prepare(
      'insert into activity_chains (tenant, writer, ordinal, number, hash, dropped_number, dropped_hash) values (?, ?, 1, ?, ?, 0, ?)',
    )
    .run(tenant, writer, end.number, end.hash, start.hash);
  for (const { sql } of indexes) database.exec(sql);
  database.close();
};

interface Measured {
  readonly what: string;
  readonly filter: ActivityFilter;
}

const late = from + 0.9 * days * dayMs;
const filters: readonly Measured[] = [
  { what: 'none', filter: {} },
  { what: 'account', filter: { account: accountOf(12_345) } },
  { what: 'account, of few lines', filter: { account: 'rare-account' } },
  { what: 'account and outcome', filter: { account: accountOf(12_345), outcome: 'refused' } },
  { what: 'outcome refused', filter: { outcome: 'refused' } },
  { what: 'outcome issued', filter: { outcome: 'issued' } },
  { what: 'reason', filter: { reason: 'key_unknown' } },
  { what: 'reason nobody has', filter: { reason: 'expired' } },
  { what: 'type', filter: { type: 'team.create' } },
  { what: 'subject', filter: { subject: 'repo:acme/service-0005:environment:production' } },
  { what: 'subject nobody has', filter: { subject: 'nobody' } },
  { what: 'issuer', filter: { issuer: 'https://issuer-7.example.com' } },
  { what: 'actor nobody is', filter: { actor: 'nobody' } },
  { what: 'address', filter: { sourceAddress: '10.0.77.77' } },
  { what: 'token hash', filter: { tokenHash: hashText('77') } },
  { what: 'jti nobody has', filter: { jti: 'nobody' } },
  { what: 'a day, in the middle', filter: { from: from + 40 * dayMs, to: from + 41 * dayMs } },
  { what: 'the last days, refused', filter: { from: late, outcome: 'refused' } },
  { what: 'free text', filter: { q: 'SERVICE-0005' } },
  { what: 'free text nobody wrote', filter: { q: 'nowhere to be found' } },
  { what: 'all at once', filter: { q: 'x', outcome: 'issued', door: 'jwt-bearer', from, to: until } },
];

const pages = 15;

if (values.build !== undefined) {
  build(values.build);
  process.exit(0);
}

const folder = isInMemory(tmpdir())
  ? (mkdirSync(join(root, 'data'), { recursive: true }), mkdtempSync(join(root, 'data', 'bench-')))
  : mkdtempSync(join(tmpdir(), 'bureau-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
const path = join(folder, 'bureau.db');
await (await openStorage({ url: `sqlite:${path}` })).close();
say(`building ${lines} lines`);
const buildStart = performance.now();
execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--lines', String(lines), '--build', path], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
const buildSeconds = Math.round((performance.now() - buildStart) / 1000);
say(`built in ${buildSeconds} s, ${mib(statSync(path).size)}`);

const storage = await openStorage({ url: `sqlite:${path}` });
const report: string[] = [
  '# The trail at length',
  '',
  `${lines.toLocaleString('en')} activities of one tenant over ${days} days on the embedded store, ${mib(statSync(path).size)} (built in ${buildSeconds} s). Node ${process.version}.`,
  '',
  '| filter | pages | items | median ms | worst ms |',
  '| --- | --- | --- | --- | --- |',
];
let worstOfAll = 0;
for (const { what, filter } of filters) {
  const took: number[] = [];
  let items = 0;
  let cursor: string | null = null;
  for (let page = 0; page < pages; page += 1) {
    const start = performance.now();
    const found = await storage.activities.list(tenant, filter, { limit: 50, cursor });
    took.push(performance.now() - start);
    items += found.items.length;
    cursor = found.nextCursor;
    if (cursor === null) break;
  }
  worstOfAll = Math.max(worstOfAll, ...took);
  report.push(
    `| ${what} | ${took.length} | ${items} | ${median(took).toFixed(1)} | ${Math.max(...took).toFixed(1)} |`,
  );
  say(report.at(-1) ?? '');
}
report.push('', `The worst page took ${worstOfAll.toFixed(1)} ms.`);

const memoryBefore = process.memoryUsage.rss();
let memoryMost = memoryBefore;
const watch = setInterval(() => {
  memoryMost = Math.max(memoryMost, process.memoryUsage.rss());
}, 100);
const verifyStart = performance.now();
const verified = await createTrailVerifier({
  storage,
  seals: { verify: () => Promise.reject(new Error('there is no checkpoint here')) },
})(tenant);
const verifySeconds = (performance.now() - verifyStart) / 1000;
clearInterval(watch);
if (!verified.ok) throw new Error(`the trail does not verify: ${JSON.stringify(verified.faults)}`);
report.push(
  '',
  `The check of the whole trail: ${verified.checked.toLocaleString('en')} lines in ${Math.round(verifySeconds)} s (${Math.round(verified.checked / verifySeconds).toLocaleString('en')} a second); memory ${mib(memoryBefore)} before, ${mib(memoryMost)} at most.`,
  '',
);
await storage.close();
const text = report.join('\n');
process.stdout.write(text);
if (values.report) writeFileSync(join(root, 'bench', 'trail-report.md'), text);
process.exit(0);
