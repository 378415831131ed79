const invisible = /[\p{C}\p{Zl}\p{Zp}]+/gu;
/** What a JWT, signed or cut short, begins with: base64url of `{"`. */
const tokenLike = /eyJ[\w-]{8,}(?:\.[\w-]*)*/g;

/** What GitHub's runner takes as the order to hide what follows. */
export const maskCommand = '::add-mask::';

/** `text` with every token in it left out (A102). */
export const withoutTokens = (text: string): string => text.replaceAll(tokenLike, '[token]');

/**
 * Text by others, fit for one line of stderr: no control characters, nothing a CI takes for a command (`##[…]` anywhere in
 * a line is one to GitHub's runner), no token, and not long.
 */
export const printable = (text: string, maxCharacters = 300): string => {
  const line = withoutTokens(text.slice(0, 10_000))
    .replaceAll(invisible, ' ')
    .replaceAll('##[', '## [')
    .trim();
  return line.length <= maxCharacters ? line : `${line.slice(0, maxCharacters - 1).toWellFormed()}…`;
};
