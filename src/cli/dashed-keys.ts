/** The name of a key, an RFC 7638 thumbprint in base64url, that begins like an option: one in 64 does. */
const dashedThumbprint = /^-[A-Za-z0-9_-]{42}$/;

/**
 * `args` with names of keys that begin with `-` behind `--`, where the parser takes nothing for an option. What follows an option
 * stays where it is, for it may be its value (`--token-hash`).
 */
export const keepDashedKeys = (args: readonly string[]): readonly string[] => {
  if (args.includes('--')) return args;
  const isKey = (arg: string, index: number): boolean =>
    dashedThumbprint.test(arg) && args[index - 1]?.startsWith('-') === false;
  const keys = args.filter(isKey);
  if (keys.length === 0) return args;
  return [...args.filter((arg, index) => !isKey(arg, index)), '--', ...keys];
};
