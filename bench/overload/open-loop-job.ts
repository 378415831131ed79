/** What a generator sends, and how much of it. */
export interface OpenLoopJob {
  readonly port: number;
  /** From which address of loopback; those of one process count as one client. */
  readonly from: string;
  readonly connections: number;
  /** Requests that fall due in a second, whatever becomes of those before; `null`: the next as soon as a connection is free. */
  readonly perSecond: number | null;
  readonly seconds: number;
  /** The bodies, sent in turn. Empty: those of the job before. */
  readonly bodies: readonly string[];
  /** Whether every request has a connection of its own, opened for it when the job begins. */
  readonly onePerConnection?: boolean;
}

/** What became of the requests with one status. */
export interface StatusFindings {
  readonly status: number;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** A tenth of a second of a job. */
export interface Slice {
  readonly issued: number;
  readonly refused: number;
}

/** What came of a job. */
export interface OpenLoopResult {
  /** Requests that fell due. */
  readonly due: number;
  readonly sent: number;
  /** Due while every connection waited for an answer. */
  readonly withoutConnection: number;
  /** Connections that the server closed, or that failed, while they waited for an answer. */
  readonly broken: number;
  /** From the second second on, so that the beginning does not count. */
  readonly statuses: readonly StatusFindings[];
  readonly slices: readonly Slice[];
  /** How late the process that sends was itself when it wanted to look at the clock: no latency it saw is nearer than that. */
  readonly lateP99Ms: number;
  readonly seconds: number;
}
