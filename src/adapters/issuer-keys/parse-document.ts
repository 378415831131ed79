import type { JsonObject } from '../../core/json.ts';
import { parseJsonObject } from '../../core/json-text.ts';
import { fail, type Result } from '../../core/result.ts';

/** Far more than a set of a hundred keys has; the size of an answer is bounded before (JF-05). */
const limits = { maxDepth: 32, maxMembers: 200_000 } as const;

/**
 * The JSON object an issuer answered with; ambiguous ones (a member twice) are none (A57). The error is the rest of a
 * sentence that begins with the URL.
 */
export const parseDocument = (text: string): Result<JsonObject, string> => {
  const parsed = parseJsonObject(text, limits);
  if (parsed.ok) return parsed;
  const { kind, detail } = parsed.error;
  if (kind === 'syntax') return fail('answered with something that is not JSON.');
  if (kind === 'not-an-object') return fail('answered with JSON that is not an object.');
  return fail(`answered with JSON that is not accepted: ${detail}.`);
};
