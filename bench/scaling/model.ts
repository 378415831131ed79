import type { MeasuredCluster, Parts } from './parts.ts';

/** A line through measured points, by least squares. */
export interface Line {
  readonly atNone: number;
  readonly perOne: number;
}

/** The line that lies nearest to the points; flat through a single one. */
export const fitLine = (points: readonly (readonly [x: number, y: number])[]): Line => {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const perOne =
    spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return { atNone: meanY - perOne * meanX, perOne };
};

/** What an exchange and a change cost on n nodes, in CPU seconds; of an exchange only one process was needed to know it. */
export interface Model {
  readonly exchange: { readonly serverSeconds: number; readonly databaseSeconds: number };
  /** A change on all nodes together: what the one that takes it does, and what every node does to follow. */
  readonly change: { readonly taking: number; readonly following: number; readonly databaseSeconds: number };
}

/** Makes the model: exchanges from the figures of one process alone, changes from those of all. */
export const makeModel = ({ clusters }: Pick<Parts, 'clusters'>): Model => {
  const one = clusters.find(({ nodes }) => nodes === 1);
  if (one === undefined) throw new Error('the model needs the figures of one process');
  const changes = fitLine(clusters.map(({ nodes, change }) => [nodes, change.serverSeconds]));
  return {
    exchange: { serverSeconds: one.serverSeconds, databaseSeconds: one.databaseSeconds },
    change: {
      // A cost below nothing is noise.
      taking: Math.max(0, changes.atNone),
      following: Math.max(0, changes.perOne),
      databaseSeconds: Math.max(
        0,
        ...clusters.map(({ change }) => change.databaseSeconds).filter((seconds) => seconds > 0),
      ),
    },
  };
};

/** What the model says of a measured cluster: all nodes on one core, the database and the load on another. */
export const predictMeasured = (
  { exchange }: Model,
  { loadSeconds }: MeasuredCluster,
): { readonly perSecond: number; readonly bound: 'nodes' | 'database' } => {
  const nodes = 1 / exchange.serverSeconds;
  const database = 1 / (exchange.databaseSeconds + loadSeconds);
  return nodes <= database
    ? { perSecond: nodes, bound: 'nodes' }
    : { perSecond: database, bound: 'database' };
};

/** What is assumed and not measured. */
export const assumptions = {
  /** How busy a core may be on average, so that a peak finds room and a lost node is borne by the others. */
  busy: 0.6,
  /** Cores of a node: processes that share its port. */
  coresOfNode: 4,
  /** Changes by administrators, in a second, for every million exchanges a minute. */
  changesPerMillion: 1,
  /** The largest database one would run: cores, and bytes a second it can make durable for long. */
  database: { cores: 32, bytesPerSecond: 500e6 },
  /** Days activities are kept (the default of `activityRetentionDays`). */
  retentionDays: 90,
  /** How much a disk holds that one would still want to back up. */
  diskBytes: 20e12,
} as const;

/** What so many exchanges a minute ask for. */
export interface Forecast {
  readonly perMinute: number;
  readonly perSecond: number;
  /** Cores at work and cores to have. */
  readonly coresAtWork: number;
  readonly nodes: number;
  /** Which part of the work of a node goes into following changes. */
  readonly followingShare: number;
  readonly databaseCores: number;
  readonly bytesPerSecond: number;
  readonly bytesKept: number;
  /** Databases it takes, each with tenants of its own, because of cores or of what is written. */
  readonly databases: number;
  /** What gives way first, in the order in which it does. */
  readonly breaks: readonly ('nothing' | 'disk' | 'database cores' | 'database writes' | 'following')[];
}

/** At least so many, so that one may be lost or replaced. */
const fewestNodes = 2;

/** What the model says for a load. */
export const forecast = (
  model: Model,
  parts: Pick<Parts, 'bytesOfActivity'>,
  perMinute: number,
): Forecast => {
  const { busy, coresOfNode, changesPerMillion, database, retentionDays, diskBytes } = assumptions;
  const perSecond = perMinute / 60;
  const changesPerSecond = (changesPerMillion * perMinute) / 1e6;
  // Changes are spread over the databases like everything else: a node follows those of its own.
  const databaseCores =
    perSecond * model.exchange.databaseSeconds + changesPerSecond * model.change.databaseSeconds;
  const bytesPerSecond = perSecond * parts.bytesOfActivity.postgresql;
  const databases = Math.max(
    1,
    Math.ceil(databaseCores / (database.cores * busy)),
    Math.ceil(bytesPerSecond / (database.bytesPerSecond * busy)),
  );
  const following = (changesPerSecond / databases) * model.change.following;
  const coresAtWork = perSecond * model.exchange.serverSeconds + changesPerSecond * model.change.taking;
  const coreForExchanges = Math.max(0.01, busy - following);
  const nodes = Math.max(fewestNodes, Math.ceil(coresAtWork / coreForExchanges / coresOfNode));
  const bytesKept = bytesPerSecond * 86_400 * retentionDays;
  const breaks = [
    ...(bytesKept / databases > diskBytes ? (['disk'] as const) : []),
    ...(databaseCores > database.cores * busy ? (['database cores'] as const) : []),
    ...(bytesPerSecond > database.bytesPerSecond * busy ? (['database writes'] as const) : []),
    ...(following > busy / 4 ? (['following'] as const) : []),
  ];
  return {
    perMinute,
    perSecond,
    coresAtWork,
    nodes,
    followingShare: following / busy,
    databaseCores,
    bytesPerSecond,
    bytesKept,
    databases,
    breaks: breaks.length === 0 ? ['nothing'] : breaks,
  };
};
