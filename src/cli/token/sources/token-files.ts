import type { CommandContext } from '../../command-context.ts';
import { misused } from '../../command-failed.ts';
import { readJwt } from '../read-jwt.ts';
import type { Finding } from '../token-source.ts';

/** The first of `paths` that is there and not empty, as a source that is read anew each time. */
export const findTokenFile = async (
  context: CommandContext,
  paths: readonly string[],
): Promise<Extract<Finding, { kind: 'platform-token' }> | null> => {
  for (const path of paths) {
    if (((await context.readText(path)) ?? '').trim() === '') continue;
    return {
      kind: 'platform-token',
      where: path,
      renews: true,
      read: async () => {
        const text = await context.readText(path);
        if (text === null) throw misused(`${path} is no longer there`);
        return readJwt(text, path);
      },
    };
  }
  return null;
};
