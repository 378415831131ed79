import { fail, ok, type Result } from '../result.ts';

/** The most scopes one request may name. */
const maxScopes = 100;

/** The longest `scope` parameter that is looked at. */
const maxScopeCharacters = 8192;

/** Whether `text` is one scope-token: `1*( %x21 / %x23-5B / %x5D-7E )` (RFC 6749 §3.3). */
export const isScopeToken = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text);

/**
 * Reads a `scope` parameter exactly as RFC 6749 §3.3 writes it: scope-tokens between single spaces (TR-10).
 *
 * @returns the scopes in the order given, each once; or in words what is wrong, without the text itself
 */
export const parseScope = (text: string): Result<readonly string[], string> => {
  if (text.length > maxScopeCharacters) return fail(`longer than ${maxScopeCharacters} characters`);
  const tokens = text.split(' ');
  if (tokens.length > maxScopes) return fail(`more than ${maxScopes} scopes`);
  if (tokens.includes('')) return fail('empty, or with a space at an end, or with two spaces in a row');
  if (!tokens.every(isScopeToken)) return fail('with a character that no scope may have');
  return ok([...new Set(tokens)]);
};
