/** What is logged of one request. Names and numbers of ours alone, but for the address: nothing a stranger wrote (A101, A102). */
export interface LoggedRequest {
  readonly reqId: string;
  readonly method: string;
  /** The template of its route, never what was sent, where tokens could stand (A84, RS-12). */
  readonly path: string;
  readonly status: number;
  /** From the end of its headers to the end of its answer. */
  readonly ms: number;
  readonly address: string;
  /** A tenant that exists. */
  readonly tenant: string | null;
  /** Id of the service account that asked, once it is known. */
  readonly account: string | null;
  /** Id of the activity behind the answer: what a refused caller holds. */
  readonly receipt: string | null;
  /** Why it was refused. */
  readonly reason?: string | undefined;
}

/** Writes the line of one request, without waiting for it; never throws. */
export type LogRequest = (request: LoggedRequest) => void;
