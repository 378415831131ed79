import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = resolve(import.meta.dirname, '../..');
const globalSetup = join(root, 'test/support/global-setup.ts');

export default defineConfig({
  root,
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    // test/e2e and *.slow.test.ts get more time there.
    setupFiles: [join(import.meta.dirname, 'vitest-setup.ts')],
    globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
    taskTitleValueFormatTruncate: 0,
    restoreMocks: true,
    unstubEnvs: true,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
  },
});
