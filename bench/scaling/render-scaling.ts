import type { Findings } from '../findings.ts';
import { decimal, list, microseconds, percent, table, whole } from '../report/words.ts';
import { assumptions, type Forecast, forecast, makeModel, type Model, predictMeasured } from './model.ts';
import { type Parts, takeParts } from './parts.ts';

/** Exchanges a minute that the page speaks of. */
const loads = [1e4, 1e6, 1e8] as const;

/** What gives way, and what to do then. */
const remedies: Readonly<Record<Forecast['breaks'][number], string>> = {
  nothing: 'Nothing: two nodes are for the case that one is lost, not for the load.',
  disk: 'The disk: activities of all the retention days do not fit into one database that one would want to back up. Keep fewer days (`activityRetentionDays`) and export before they go (`bureau activities export`): what is dropped leaves a signed checkpoint, so the trail still verifies.',
  'database cores':
    'The cores of the database. Nothing is shared between tenants, so each tenant, or group of tenants, gets a database and nodes of its own; an issuer stays what it is, for the balancer picks by the path `/t/<tenant>`.',
  'database writes':
    'What the database can make durable. The same division, and disks that are local to it; the write-ahead log on one of its own.',
  following:
    'Following changes: every node reads again what any administrator of its database changed. Fewer, larger changes (`bureau apply`), or tenants divided over databases, so that a node follows only its own.',
};

/** The page on how it grows, from the findings of a full run. Throws `PartMissing` where they lack something. */
export const renderScaling = (findings: Findings): string => {
  const parts = takeParts(findings);
  const model = makeModel(parts);
  const forecasts = loads.map((perMinute) => forecast(model, parts, perMinute));
  return [
    '# How it grows',
    `A model from measured parts. Made by \`node bench/scaling.ts\` from [report.json](report.json), a full run of ${findings.day}: ${findings.machine.cpu}, Bureau ${findings.machine.bureau}. Every promise of the contract was on while the parts were measured: durable activities, single use, rate limits.`,
    '## The parts',
    renderParts(parts, model),
    '## The model',
    'The model has it that an exchange costs its node the same CPU time however many nodes there are, because nodes share nothing but the database, and that it costs the database the same, because each writes lines of its own chain. A change by an administrator costs the node that takes it once, and every node that follows it once more. So, for R exchanges and K changes a second on n cores:',
    list([
      'cores at work = R × exchange + K × (taking + n × following)',
      'cores of the database = R × its share of an exchange + K × its share of a change',
      'bytes a second = R × bytes of an activity',
    ]),
    'Exchanges of the model are measured on one process alone, so that two and three processes can contradict it.',
    '## Held against one, two and three processes',
    renderCheck(parts, model),
    '## What it says',
    renderForecasts(forecasts),
    ...forecasts.flatMap(renderBreaks),
    '## What is assumed',
    list([
      `Cores like those of the run, and no more than ${percent(assumptions.busy)} busy on average; nodes of ${assumptions.coresOfNode} cores (\`BUREAU_WORKERS\`).`,
      `${assumptions.changesPerMillion} change by an administrator a second for every million exchanges a minute, spread evenly.`,
      `The largest database has ${assumptions.database.cores} cores and makes ${bytes(assumptions.database.bytesPerSecond)} durable a second; ${bytes(assumptions.diskBytes)} of disk are as much as one would back up. Activities are kept ${assumptions.retentionDays} days.`,
      'RS256 tokens in, ES256 tokens out. A network, TLS and the balancer are not in it: the balancer ends TLS.',
    ]),
    '',
  ].join('\n\n');
};

const renderParts = (parts: Parts, { exchange, change }: Model): string =>
  table(
    ['', 'CPU of the node', 'CPU of the database', 'on disk'],
    [
      [
        'exchange, PostgreSQL',
        microseconds(exchange.serverSeconds),
        microseconds(exchange.databaseSeconds),
        bytes(parts.bytesOfActivity.postgresql),
      ],
      [
        'exchange, SQLite',
        microseconds(parts.embeddedSeconds),
        'in the node',
        bytes(parts.bytesOfActivity.embedded),
      ],
      [
        'own key, PostgreSQL',
        microseconds(parts.ownKey.serverSeconds),
        microseconds(parts.ownKey.databaseSeconds),
        '',
      ],
      ['own key, SQLite', microseconds(parts.ownKey.embeddedSeconds), 'in the node', ''],
      [
        'change, the node that takes it',
        microseconds(change.taking),
        microseconds(change.databaseSeconds),
        '',
      ],
      ['change, every node that follows', microseconds(change.following), '', ''],
    ],
  );

const renderCheck = (parts: Parts, model: Model): string =>
  [
    table(
      [
        'processes',
        'CPU of an exchange',
        'predicted',
        'off by',
        'CPU of the database',
        'off by',
        'a second',
        'predicted',
        'off by',
        'CPU of a change',
        'predicted',
      ],
      parts.clusters.map((cluster) => {
        const { perSecond, bound } = predictMeasured(model, cluster);
        const { exchange, change } = model;
        return [
          String(cluster.nodes),
          microseconds(cluster.serverSeconds),
          microseconds(exchange.serverSeconds),
          offBy(exchange.serverSeconds, cluster.serverSeconds),
          microseconds(cluster.databaseSeconds),
          offBy(exchange.databaseSeconds, cluster.databaseSeconds),
          whole(cluster.perSecond),
          `${whole(perSecond)} (${bound})`,
          offBy(perSecond, cluster.perSecond),
          microseconds(cluster.change.serverSeconds),
          microseconds(change.taking + cluster.nodes * change.following),
        ];
      }),
    ),
    'All processes share the one core of the server, and the database shares the other one with the load: what is held against the model is the CPU time of an exchange. By how much it grows with the number of processes, the model is wrong about processes that share a core: they take turns in its caches, and each commits smaller batches. How much of that is left between machines this run cannot tell. The throughput that is predicted is the most that either core allows; that waiting for a commit leaves a core idle is not in the model.',
  ].join('\n\n');

const renderForecasts = (forecasts: readonly Forecast[]): string =>
  table(
    ['exchanges a minute', ...forecasts.map(({ perMinute }) => whole(perMinute))],
    [
      ['a second', ...forecasts.map(({ perSecond }) => whole(perSecond))],
      ['cores of nodes at work', ...forecasts.map(({ coresAtWork }) => decimal(coresAtWork))],
      [`nodes of ${assumptions.coresOfNode} cores`, ...forecasts.map(({ nodes }) => whole(nodes))],
      ['of their work, following changes', ...forecasts.map(({ followingShare }) => percent(followingShare))],
      ['cores of databases at work', ...forecasts.map(({ databaseCores }) => decimal(databaseCores))],
      ['databases', ...forecasts.map(({ databases }) => whole(databases))],
      ['written a second', ...forecasts.map(({ bytesPerSecond }) => bytes(bytesPerSecond))],
      [`kept after ${assumptions.retentionDays} days`, ...forecasts.map(({ bytesKept }) => bytes(bytesKept))],
    ],
  );

const renderBreaks = ({ perMinute, breaks }: Forecast): readonly string[] => [
  `### ${whole(perMinute)} a minute: what breaks first, and what to do then`,
  breaks.map((one, index) => `${index + 1}. ${remedies[one]}`).join('\n'),
];

/** How far a prediction is from what was measured: `+3 %`. */
const offBy = (predicted: number, measured: number): string => {
  const share = Math.round((predicted / measured - 1) * 100);
  return `${share > 0 ? '+' : ''}${share} %`;
};

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in the unit that suits them: `1.3 kB`. */
const bytes = (value: number): string => {
  const place = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${decimal(value / 1000 ** place)} ${units[place]}`;
};
