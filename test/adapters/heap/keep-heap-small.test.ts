import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const subject = new URL('../../../src/adapters/heap/keep-heap-small.ts', import.meta.url).href;

/** Some 50 MB that live, the oldest of which is replaced again and again; answers with the most bytes the heap ever had. */
const program = `
  import { getHeapStatistics } from 'node:v8';
  const { keepHeapSmall } = await import(${JSON.stringify(subject)});
  if (process.argv[1] === 'small') keepHeapSmall();
  const kept = [];
  let most = 0;
  for (let index = 0; index < 1_200_000; index += 1) {
    kept[index % 50_000] = new Array(120).fill(index);
    if (index % 1000 === 0) most = Math.max(most, getHeapStatistics().total_heap_size);
  }
  console.log(most);`;

const mostOfHeap = async (...args: readonly string[]): Promise<number> =>
  Number(
    (
      await promisify(execFile)(process.execPath, [
        '--max-semi-space-size=8',
        // How far the heap runs ahead of a collector that waits for a core is not what is asked here.
        '--single-threaded-gc',
        '--input-type=module',
        '--eval',
        program,
        ...args,
      ])
    ).stdout,
  );

describe('keepHeapSmall', () => {
  it('the heap grows to less than three quarters of what it grows to by itself over the same work', async () => {
    const [small, byItself] = [await mostOfHeap('small'), await mostOfHeap()];
    expect(byItself).toBeGreaterThan(100e6);
    expect(small).toBeGreaterThan(50e6);
    expect(small).toBeLessThan(0.75 * byItself);
  });
});
