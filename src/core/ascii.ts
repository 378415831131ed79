const utf8 = new TextEncoder();

/** Whether every character of `text` is one of ASCII; much faster than a look at each. */
export const isAscii = (text: string): boolean => utf8.encode(text).length === text.length;
