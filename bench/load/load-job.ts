/** How requests follow one another. */
export type Pace =
  /** Each connection sends its next request when the last one is answered: as much as the server can take. */
  | { readonly kind: 'saturate' }
  /** So many a second whatever the server does; latency counts from the moment a request was due. */
  | { readonly kind: 'constant'; readonly perSecond: number };

/** One round, as the harness hands it to the load process. */
export interface LoadJob {
  /** Token endpoint of each node; connections are dealt out to them. */
  readonly urls: readonly string[];
  /** File with one form a line. */
  readonly formsFile: string;
  /** Whether the same file is sent in other rounds too. */
  readonly keep: boolean;
  /** Which of the forms is sent first, so that a round goes on where the last one ended. */
  readonly first: number;
  /** The round ends when so many were sent; `null`: forms are sent again and again until its time is up. */
  readonly most: number | null;
  readonly pace: Pace;
  readonly connections: number;
  readonly seconds: number;
  /** The status every answer must have, and what its body must hold. */
  readonly expected: { readonly status: number; readonly text: string };
  /** How many answers are handed back for a closer look, taken evenly from all. */
  readonly samples: number;
  /** Root processes of the servers and of the database, whose CPU time and memory are read with all their children. */
  readonly serverPids: readonly number[];
  readonly databasePids: readonly number[];
  /** Cores whose other work is to be watched; `null` when nothing is held to a core. */
  readonly cores: readonly number[] | null;
}

/** What a round came to. */
export interface LoadResult {
  /** Answers as expected, within the time. */
  readonly answers: number;
  /** Answers after the time was up, which count for nothing but were given all the same. */
  readonly late: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  /** Bodies of some of the answers. */
  readonly samples: readonly string[];
  /** CPU seconds, user and system, of all threads and child processes. */
  readonly loadCpuSeconds: number;
  readonly serverCpuSeconds: number | null;
  readonly databaseCpuSeconds: number | null;
  /** CPU seconds on the watched cores that none of these used: other people's processes, and other machines. */
  readonly disturbanceSeconds: number | null;
  /** Resident memory of the server at the end of the round. */
  readonly serverBytes: number | null;
}

/** What the load process answers: a result, or why the round is void. */
export type LoadAnswer =
  | { readonly ok: true; readonly result: LoadResult }
  | { readonly ok: false; readonly why: string };
