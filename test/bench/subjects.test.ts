import { describe, expect, it } from 'vitest';
import { estimateMinutes } from '../../bench/estimate-minutes.ts';
import { parseOptions } from '../../bench/parse-options.ts';
import { orderOfRound } from '../../bench/run-load-subject.ts';
import { subjectNames, subjects } from '../../bench/subjects.ts';

describe('the table of subjects', () => {
  it('every name is there once and can be given on a command line', () => {
    expect(new Set(subjectNames).size).toBe(subjectNames.length);
    for (const name of subjectNames) expect(name).toMatch(/^[a-z0-9-]+$/);
  });

  it.each(subjects.flatMap((subject) => (subject.kind === 'load' ? [subject] : [])))(
    '$name: rows have names of their own, seeded work has its seeded server, and many nodes have one database',
    ({ entrants }) => {
      expect(new Set(entrants.map(({ name }) => name)).size).toBe(entrants.length);
      for (const { server, work } of entrants) {
        if (server.kind !== 'bureau') continue;
        expect(work.door === 'seeded' ? work.accounts : undefined).toBe(server.accounts);
        expect(server.nodes === undefined || server.store === 'postgresql').toBe(true);
      }
    },
  );

  it('the short run compares all contenders at both doors', () => {
    const short = subjects.flatMap((subject) => (subject.kind === 'load' && subject.quick ? [subject] : []));
    for (const door of ['exchange', 'own-key'])
      expect(
        short.some(
          ({ entrants }) =>
            entrants.every(({ work }) => work.door === door) &&
            new Set(entrants.map(({ server }) => server.kind)).size === 3,
        ),
      ).toBe(true);
  });
});

describe('the turns', () => {
  it('another one goes first in every round', () => {
    expect([0, 1, 2, 3].map((round) => orderOfRound(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ]);
  });
});

describe('how long it takes', () => {
  it.each([
    { what: 'the short run', args: [], most: 3 },
    // It takes a tenth less than estimated, and has 22.
    { what: 'everything', args: ['--full'], most: 20 },
  ])('$what: at most $most minutes', ({ args, most }) => {
    const options = parseOptions(args, subjectNames);
    if (options === null) throw new Error('no options');
    const chosen = subjects.filter(({ quick }) => quick || options.full);
    expect(estimateMinutes(chosen, options)).toBeLessThanOrEqual(most);
  });
});
