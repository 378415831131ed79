/** The name of a key, an RFC 7638 thumbprint in base64url, that begins like an option: one in 64 does. */
const dashedThumbprint = /^-[A-Za-z0-9_-]{42}$/;

/**
 * `args` with names of keys that begin with `-` behind `--`, where the parser takes nothing for an option.
 *
 * @param takesValue whether what follows this word is its value (`--token-hash`), and stays where it is
 */
export const keepDashedKeys = (
  args: readonly string[],
  takesValue: (word: string) => boolean,
): readonly string[] => {
  if (args.includes('--')) return args;
  const isKey = (arg: string, index: number): boolean => {
    const before = args[index - 1];
    return before !== undefined && dashedThumbprint.test(arg) && !takesValue(before);
  };
  const keys = args.filter(isKey);
  if (keys.length === 0) return args;
  return [...args.filter((arg, index) => !isKey(arg, index)), '--', ...keys];
};
