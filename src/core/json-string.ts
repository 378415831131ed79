/** The index of the quote that ends the JSON string starting at `start`, in a text that is known to be JSON. */
export const endOfJsonString = (text: string, start: number): number => {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
};

/** A quote is part of the string when an odd number of backslashes stands before it. */
const isEscaped = (text: string, quote: number): boolean => {
  let backslash = quote;
  while (text.charCodeAt(backslash - 1) === 0x5c) backslash--;
  return (quote - backslash) % 2 === 1;
};
