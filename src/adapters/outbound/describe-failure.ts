import { AddressRefused } from './guarded-connector.ts';

const sentences: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name does not exist',
  ENODATA: 'the host name has no address',
  ESERVFAIL: 'the name server failed',
  EREFUSED: 'the name server refused to answer',
  ETIMEOUT: 'the name server did not answer in time',
  ECANCELLED: 'the name server did not answer in time',
  ECONNREFUSED: 'the connection was refused: nothing listens there',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  EPIPE: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'the connection was not made in time',
  UND_ERR_HEADERS_TIMEOUT: 'the answer did not begin in time',
  UND_ERR_BODY_TIMEOUT: 'the answer did not end in time',
  UND_ERR_HEADERS_OVERFLOW: 'the header of the answer is too large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'the answer is too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is not as long as it says',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  CERT_NOT_YET_VALID: 'its TLS certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is self-signed; set caCertificates if that is meant',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its TLS certificate is from a CA that is not trusted here; set caCertificates if that is meant',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its TLS certificate is from a CA that is not trusted here; set caCertificates if that is meant',
  CERT_SIGNATURE_FAILURE: 'its TLS certificate was not signed by the CA that is trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its TLS certificate chain is incomplete',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its TLS certificate is from a CA that is not trusted here; set caCertificates if that is meant',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks no TLS 1.2 or later',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no TLS 1.2 or later',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS at that port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS at that port',
};

/** What went wrong on the way, as the end of a sentence an administrator can act on; nothing the server wrote is in it. */
export const describeFailure = (error: unknown): string => {
  if (error instanceof AddressRefused) return error.message;
  const code = findCode(error);
  if (code === null) return 'the request failed';
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  return sentences[code] ?? `the request failed (${code})`;
};

/** The code of an error, of what caused it, or of the first of several attempts (happy eyeballs). */
const findCode = (error: unknown, depth = 0): string | null => {
  if (!(error instanceof Error) || depth > 4) return null;
  const inner = error instanceof AggregateError ? (error.errors as readonly unknown[])[0] : error.cause;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && code !== 'UND_ERR_ABORTED' && /^[A-Z0-9_]+$/.test(code)) return code;
  return findCode(inner, depth + 1);
};
