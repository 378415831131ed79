import { expect, it } from 'vitest';
import { nodeOnCore, parseCpuList } from '../../bench/cores.ts';

it.each([
  { text: '0', cores: [0] },
  { text: '0-3', cores: [0, 1, 2, 3] },
  { text: '0-1,8,10-11', cores: [0, 1, 8, 10, 11] },
  { text: '', cores: [] },
])('the list "$text" is the cores $cores', ({ text, cores }) => {
  expect(parseCpuList(text)).toEqual(cores);
});

it('a program is held to a core with all its threads, or runs as it is', () => {
  expect(nodeOnCore(3, ['a.ts'])).toEqual(['taskset', ['-c', '3', process.execPath, 'a.ts']]);
  expect(nodeOnCore(null, ['a.ts'])).toEqual([process.execPath, ['a.ts']]);
});
