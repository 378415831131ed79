/** One round, as the harness hands it to the load process. */
export interface LoadJob {
  readonly url: string;
  /** Form bodies, each with another third-party token; dealt out to the connections, which send theirs in turn. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  readonly serverPid: number;
  /** Cores whose other work is to be watched; `null` when nothing is held to a core. */
  readonly cores: { readonly server: number; readonly load: number } | null;
}

/** What a round came to. */
export interface LoadResult {
  /** Answers with status 200 and an access token within the time. */
  readonly exchanges: number;
  /** Answers after the time was up, which count for nothing but were issued all the same. */
  readonly late: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
  /** CPU seconds of the load process and of the server, all threads. */
  readonly loadCpuSeconds: number;
  readonly serverCpuSeconds: number | null;
  /** CPU seconds that neither of the two used on their cores: other people's processes, and other machines. */
  readonly disturbanceSeconds: number | null;
}

/** What the load process answers: a result, or why the round is void. */
export type LoadAnswer =
  | { readonly ok: true; readonly result: LoadResult }
  | { readonly ok: false; readonly why: string };
