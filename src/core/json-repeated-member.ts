import { endOfJsonString } from './json-string.ts';

/**
 * The name, quoted as JSON, of the first member that an object within `text` has twice; `null` where there is none.
 *
 * @param text a text that is known to be JSON
 */
export const findRepeatedMember = (text: string): string | null => {
  /** One entry per open bracket; `null` for an array. */
  const open: (Set<string> | null)[] = [];
  let names: Set<string> | null = null;
  let literal = '';
  for (let index = 0; index < text.length; index++) {
    switch (text[index]) {
      case '"': {
        const end = endOfJsonString(text, index);
        literal = text.slice(index, end + 1);
        index = end;
        break;
      }
      case ':': {
        const name = JSON.parse(literal) as string;
        if (names?.has(name)) return JSON.stringify(name);
        names?.add(name);
        break;
      }
      case '{':
      case '[':
        open.push(names);
        names = text[index] === '{' ? new Set() : null;
        break;
      case '}':
      case ']':
        names = open.pop() ?? null;
        break;
      default:
    }
  }
  return null;
};
