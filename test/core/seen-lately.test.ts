import { expect, it } from 'vitest';
import { rememberLately } from '../../src/core/seen-lately.ts';

const names = (count: number, kind = 'one'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `repo:acme/${kind}-${index}:environment:production`);

it('a name is remembered from the first time on', () => {
  const seen = rememberLately(64);
  expect([seen.note('job:1'), seen.note('job:1'), seen.note('job:2'), seen.note('')]).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

it('nearly all of few names are remembered, and nearly none of many that come between', () => {
  const seen = rememberLately(4096);
  const known = (all: readonly string[]): number => all.filter((name) => seen.note(name)).length;
  expect(known(names(400))).toBe(0);
  expect(known(names(400))).toBe(400);
  expect(known(names(40_000, 'other'))).toBe(0);
  expect(known(names(400))).toBeLessThan(5);
});

it('names that come in turn do not push each other out where there is room for twice as many', () => {
  const seen = rememberLately(4096);
  const known = (): number => names(2048).filter((name) => seen.note(name)).length;
  expect(known()).toBe(0);
  for (let turn = 0; turn < 5; turn += 1) expect(known()).toBeGreaterThan(1900);
});

it('of a set that is full the name that was noted first is forgotten, and what comes again stays', () => {
  const seen = rememberLately(8);
  const all = names(9);
  for (const name of all.slice(0, 8)) expect(seen.note(name)).toBe(false);
  expect(seen.note(all[0] ?? '')).toBe(true);
  expect(seen.note(all[8] ?? '')).toBe(false);
  expect(seen.note(all[0] ?? '')).toBe(true);
  expect(seen.note(all[2] ?? '')).toBe(true);
  expect(seen.note(all[1] ?? '')).toBe(false);
});

it('names that differ in one character anywhere lead to places all over', () => {
  const seen = rememberLately(1024);
  for (let place = 0; place < 100; place += 1)
    expect(seen.note(`${'a'.repeat(place)}b${'a'.repeat(99 - place)}`)).toBe(false);
  const again = Array.from({ length: 100 }, (_, place) =>
    seen.note(`${'a'.repeat(place)}b${'a'.repeat(99 - place)}`),
  );
  expect(again.filter(Boolean).length).toBeGreaterThan(85);
});
