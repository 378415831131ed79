import { describe, expect, it } from 'vitest';
import { parseOptions, WrongUsage } from '../../bench/parse-options.ts';

const subjects = ['rs256', 'own-key', 'start'];

describe('options of the benchmark', () => {
  it.each([
    { args: [], expected: { only: null, full: false, rounds: 3, secondsPerRound: 2, report: true } },
    { args: ['--full'], expected: { full: true, rounds: 5, secondsPerRound: 2.5, report: true } },
    { args: ['--full', '--rounds', '7'], expected: { rounds: 7, secondsPerRound: 2.5 } },
    { args: ['--seconds', '0.5'], expected: { secondsPerRound: 0.5, warmUpSeconds: 2 } },
    { args: ['--only', 'start, rs256'], expected: { only: ['rs256', 'start'], report: false } },
    { args: ['--only', 'start', '--report'], expected: { only: ['start'], report: true } },
    { args: ['--no-report'], expected: { report: false } },
    { args: ['--profile', 'out'], expected: { profile: 'out', report: false } },
  ])('$args', ({ args, expected }) => {
    expect(parseOptions(args, subjects)).toMatchObject(expected);
  });

  it('asks for help', () => {
    expect(parseOptions(['--help'], subjects)).toBeNull();
  });

  it.each([
    { args: ['--fast'] },
    { args: ['--only', 'hs256'] },
    { args: ['--only', ''] },
    { args: ['--rounds', '0'] },
    { args: ['--rounds', '1.5'] },
    { args: ['--seconds', '-1'] },
    { args: ['--seconds', 'ten'] },
    { args: ['--connections', '0'] },
    { args: ['--report', '--no-report'] },
    { args: ['--report', '--profile', 'out'] },
  ])('$args is refused', ({ args }) => {
    expect(() => parseOptions(args, subjects)).toThrow(WrongUsage);
  });
});
