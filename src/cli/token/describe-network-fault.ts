/** Why no answer came. */
export interface NetworkFault {
  /** A clause for the person who looks at the log. */
  readonly words: string;
  /** Whether trying again soon may help: a server that starts up, a connection that was cut. */
  readonly mayPass: boolean;
}

const passing = (words: (host: string) => string): FaultKind => ({ words, mayPass: true });
const lasting = (words: (host: string) => string): FaultKind => ({ words, mayPass: false });

interface FaultKind {
  readonly words: (host: string) => string;
  readonly mayPass: boolean;
}

const late = passing((host) => `${host} did not answer in time`);
const cut = passing((host) => `${host} closed the connection before it answered`);
const noWay = passing((host) => `there is no way to ${host} in this network`);

/** By the code of the system or of the HTTP client. */
const kinds: Readonly<Record<string, FaultKind>> = {
  ENOTFOUND: lasting((host) => `the name in ${host} is not known (DNS)`),
  EAI_AGAIN: passing((host) => `the name in ${host} could not be looked up (DNS)`),
  ECONNREFUSED: passing((host) => `${host} refused the connection: nothing listens there`),
  ECONNRESET: cut,
  EPIPE: cut,
  UND_ERR_SOCKET: cut,
  ETIMEDOUT: late,
  UND_ERR_CONNECT_TIMEOUT: late,
  UND_ERR_HEADERS_TIMEOUT: late,
  UND_ERR_BODY_TIMEOUT: late,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
};

const tlsCode = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH$)/;

/** Puts what `fetch` threw into words, without the message, which may quote what was sent. */
export const describeNetworkFault = (error: unknown, host: string): NetworkFault => {
  if (nameOf(error) === 'TimeoutError') return { words: late.words(host), mayPass: true };
  if (nameOf(error) === 'AbortError') return { words: 'it was told to stop', mayPass: false };
  const cause = causeOf(error);
  // The Fetch standard closes some ports to every client, 1 and 6000 among them.
  if (cause instanceof Error && cause.message === 'bad port')
    return { words: `the port of ${host} is one that HTTP never goes to`, mayPass: false };
  const code = codeOf(error) ?? codeOf(cause);
  if (code === null) return { words: `${host} could not be reached`, mayPass: false };
  if (tlsCode.test(code))
    return {
      words: `no trusted TLS connection to ${host} (${code}); NODE_EXTRA_CA_CERTS=FILE makes a private CA known`,
      mayPass: false,
    };
  const kind = kinds[code];
  return kind === undefined
    ? { words: `${host} could not be reached (${code})`, mayPass: false }
    : { words: kind.words(host), mayPass: kind.mayPass };
};

const nameOf = (error: unknown): string | null => (error instanceof Error ? error.name : null);

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined);

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
