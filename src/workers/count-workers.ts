import { availableParallelism } from 'node:os';
import { fail, ok, type Result } from '../core/result.ts';

/** Where processes may listen on one port and the kernel shares the connections out (SO_REUSEPORT). */
const sharingPlatforms: readonly NodeJS.Platform[] = ['linux'];

/** How many workers a setting means on this machine; where ports cannot be shared, `auto` means one. */
export const countWorkers = (
  setting: number | 'auto',
  platform: NodeJS.Platform = process.platform,
  cores: number = availableParallelism(),
): Result<number, string> => {
  const canShare = sharingPlatforms.includes(platform);
  if (setting === 'auto') return ok(canShare ? cores : 1);
  return setting === 1 || canShare
    ? ok(setting)
    : fail(
        `workers: several processes can share a port on Linux only, and this is ${platform}; set BUREAU_WORKERS to 1`,
      );
};
