const utf8 = new TextEncoder();

/** Where text is written to be measured, and never read. */
const scratch = new Uint8Array(64 * 1024);

/** Whether every character of `text` is one of ASCII; much faster than a look at each, and nothing is kept of it. */
export const isAscii = (text: string): boolean => {
  for (let start = 0; start < text.length; start += scratch.length) {
    const part =
      start === 0 && text.length <= scratch.length ? text : text.slice(start, start + scratch.length);
    // Another character takes more octets, so that fewer characters fit or more octets are written.
    const { read, written } = utf8.encodeInto(part, scratch);
    if (read !== part.length || written !== read) return false;
  }
  return true;
};
