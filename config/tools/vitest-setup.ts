import { expect, vi } from 'vitest';

const file = expect.getState().testPath ?? '';
if (/[\\/]test[\\/]e2e[\\/]/.test(file)) vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
if (file.endsWith('.slow.test.ts')) vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });
