/** A document to fetch from a trusted issuer. */
export interface DocumentRequest {
  readonly url: string;
  /** PEM certificates that alone vouch for the server; `null`: the public ones, or what the operator set for the origin. */
  readonly caCertificates: string | null;
  /** Makes the request conditional (RFC 9110 §13.1.2); both `null` for a plain one. */
  readonly ifNoneMatch: string | null;
  readonly ifModifiedSince: string | null;
  /** Milliseconds for everything from the name look-up to the last byte; at most, and by default, 5,000 (JF-05). */
  readonly withinMilliseconds?: number;
  /** Gives up early. */
  readonly signal?: AbortSignal;
}

/** The header fields that say how long an answer is good for (RFC 9111 §4.2.1); `null` when absent. */
export interface FreshnessFields {
  readonly cacheControl: string | null;
  readonly expires: string | null;
  readonly date: string | null;
  readonly age: string | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** How a fetch ended. Whatever a server does is one of these; only our own defects are thrown. */
export type DocumentAnswer = { readonly elapsedMilliseconds: number } & (
  | { readonly outcome: 'fetched'; readonly text: string; readonly fields: FreshnessFields }
  /** 304 to a conditional request. */
  | { readonly outcome: 'not-modified'; readonly fields: FreshnessFields }
  /** `detail` is a sentence an administrator can act on; nothing of the answer's body is in it. */
  | { readonly outcome: 'failed'; readonly detail: string }
);

/** The only way out: fetches a small public document, with every address checked where the connection is made. */
export interface GuardedFetch {
  /** Why this URL is never fetched, as a sentence for an administrator, or `null` when it may be (A46, AD-11). */
  checkUrl(url: string): string | null;
  get(request: DocumentRequest): Promise<DocumentAnswer>;
}
