import { describe, expect, it } from 'vitest';
import { createTakeTurns } from '../../src/core/take-turns.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('A63 createTakeTurns', () => {
  it('begins so many in a turn of the event loop, in the order in which they were given, and all of them', async () => {
    const take = createTakeTurns(() => 2, setImmediate);
    const begun: number[] = [];
    for (let index = 0; index < 5; index += 1) take(() => begun.push(index));
    const seen = [[...begun]];
    while (begun.length < 5) {
      await turn();
      seen.push([...begun]);
    }
    expect(seen).toEqual([[], [0, 1], [0, 1, 2, 3], [0, 1, 2, 3, 4]]);
  });

  it('what is given while another is begun waits for its own turn, after those that wait already', async () => {
    const take = createTakeTurns(() => 1, setImmediate);
    const begun: string[] = [];
    take(() => {
      begun.push('a');
      take(() => begun.push('c'));
    });
    take(() => begun.push('b'));
    await turn();
    expect(begun).toEqual(['a']);
    await turn();
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    take(() => begun.push('d'));
    await turn();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('asks how many anew in each turn', async () => {
    let perTurn = 1;
    const take = createTakeTurns(() => perTurn, setImmediate);
    const begun: number[] = [];
    for (let index = 0; index < 6; index += 1) take(() => begun.push(index));
    await turn();
    expect(begun).toHaveLength(1);
    perTurn = 3;
    await turn();
    expect(begun).toHaveLength(4);
  });
});
