/** The most bytes of UTF-8 that one UTF-16 code unit stands for. */
const mostBytes = 3;

/** Whether the UTF-8 of `text` has at most `bytes` bytes; nothing is encoded for a text that is short enough anyway. */
export const utf8Fits = (text: string, bytes: number): boolean =>
  text.length * mostBytes <= bytes ||
  (text.length <= bytes && new TextEncoder().encode(text).length <= bytes);
