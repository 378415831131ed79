import { describe, expect, it } from 'vitest';
import { parseOptions, WrongUsage } from '../../bench/parse-options.ts';

describe('options of the benchmark', () => {
  it.each([
    { args: [], expected: { rounds: 5, secondsPerRound: 10, connections: 32, tokens: 4000, report: false } },
    { args: ['--quick'], expected: { rounds: 3, secondsPerRound: 3, warmUpSeconds: 3 } },
    { args: ['--quick', '--rounds', '7'], expected: { rounds: 7, secondsPerRound: 3 } },
    {
      args: ['--report', '--seconds', '0.5'],
      expected: { report: true, secondsPerRound: 0.5, warmUpSeconds: 2 },
    },
    { args: ['--profile', 'out'], expected: { profile: 'out' } },
  ])('$args', ({ args, expected }) => {
    expect(parseOptions(args)).toMatchObject(expected);
  });

  it('asks for help', () => {
    expect(parseOptions(['--help'])).toBeNull();
  });

  it.each([
    { args: ['--fast'] },
    { args: ['--rounds', '0'] },
    { args: ['--rounds', '1.5'] },
    { args: ['--seconds', '-1'] },
    { args: ['--seconds', 'ten'] },
    { args: ['--tokens', '8'] },
    { args: ['--report', '--profile', 'out'] },
  ])('$args is refused', ({ args }) => {
    expect(() => parseOptions(args)).toThrow(WrongUsage);
  });
});
