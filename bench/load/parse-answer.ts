/** An HTTP answer that lies complete in some bytes. */
export interface Answer {
  readonly status: number;
  /** Where its body begins and ends in the bytes. */
  readonly bodyStart: number;
  readonly end: number;
}

const headEnd = Buffer.from('\r\n\r\n');
const contentLength = /^content-length: *(\d+)\r?$/im;

/**
 * Reads the answer at the beginning of `bytes`; `null` while it is not complete. It reads no more of HTTP than a server
 * that knows the length of its answer needs. Throws for anything else.
 */
export const parseAnswer = (bytes: Buffer): Answer | null => {
  const headLength = bytes.indexOf(headEnd);
  if (headLength === -1) return null;
  const head = bytes.toString('latin1', 0, headLength);
  const length = contentLength.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 ') || length === undefined)
    throw new Error(`an answer this generator does not read: ${head.slice(0, 300)}`);
  const bodyStart = headLength + headEnd.length;
  const end = bodyStart + Number(length);
  return bytes.length < end ? null : { status: Number(head.slice(9, 12)), bodyStart, end };
};
