import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../../src/core/json.ts';
import { compileCel } from '../../../../src/core/trust/conditions/cel.ts';

const run = (expression: string, claims: JsonObject = {}) => {
  const compiled = compileCel(expression);
  return compiled.ok ? compiled.value(claims) : { ok: false, detail: compiled.error };
};

const claims: JsonObject = {
  sub: 'repo:acme/app',
  run_attempt: 1,
  id: '1',
  enabled: true,
  nothing: null,
  groups: ['ops', 'dev'],
  'kubernetes.io': { namespace: 'payments' },
};

describe('compileCel', () => {
  it.each([
    'true',
    'claims.sub == "repo:acme/app"',
    'claims["sub"].startsWith("repo:acme/")',
    'claims.run_attempt == 1',
    'claims.run_attempt < 3 && claims.enabled',
    'claims["kubernetes.io"].namespace in ["payments", "billing"]',
    'has(claims.sub) && !has(claims.actor)',
    '"ops" in claims.groups',
    '"sub" in claims',
    'claims.groups.exists(g, g == "dev")',
    'claims.groups.all(g, g.size() == 3)',
    'claims.groups.exists_one(g, g.startsWith("o"))',
    'claims.groups.exists(g, claims.groups.exists(h, h != g))',
    'claims.sub.matches("^repo:acme/[a-z]+$")',
    'claims.sub.contains("acme") ? true : false',
    'size(claims.groups) == 2',
    'type(claims.id) == string',
    'claims.nothing == null',
    'timestamp("2026-01-01T00:00:00Z").getFullYear() == 2026',
    '{1: claims.groups.all(g, true)} == {1: true}',
    'false || true',
    'claims.missing == 1 || true',
  ])('ST-17 %s holds', (expression) => {
    expect(run(expression, claims)).toEqual({ ok: true, detail: 'gave true' });
  });

  it.each([
    ['false', 'gave false'],
    ['claims.id == 1', 'gave false'],
    ['claims.run_attempt == "1"', 'gave false'],
    ['claims.enabled == "true"', 'gave false'],
    ['claims.sub', 'gave a string'],
    ['1', 'gave a int'],
    ['claims.run_attempt', 'gave a double'],
    ['claims.groups', 'gave a list'],
    ['claims', 'gave a map'],
    ['"true"', 'gave a string'],
    ['null', 'gave a null_type'],
    ['claims.missing', 'failed: field not found'],
    ['claims.missing == "a"', 'failed: field not found'],
    ['claims.missing.deeper == "a"', 'failed: field not found'],
    ['claims.sub && true', 'failed'],
    ['1 / 0 == 1', 'failed'],
    ['claims.id + 1 == 2', 'failed'],
    ['claims.run_attempt.startsWith("a")', 'failed'],
    ['int(claims.sub) == 1', 'failed'],
    ['claims.constructor == 1', 'failed: field not found'],
    ['claims.__proto__ == 1', 'failed: field not found'],
    ['has(claims.constructor)', 'gave false'],
  ])('A32 %s does not hold: %s', (expression, words) => {
    expect(run(expression, claims)).toEqual({ ok: false, detail: expect.stringContaining(words) });
  });

  it.each([
    ['', 'empty'],
    ['  ', 'empty'],
    [`"${'a'.repeat(2047)}"`, 'longer than 2048'],
    ['1 +', 'cannot be read'],
    ['claims.sub = "a"', 'cannot be read'],
    ['sub == "a"', 'names sub'],
    ['constructor', 'names constructor'],
    ['this', 'names this'],
    ['process.env.HOME == "a"', 'names process'],
    ['[1].exists(x, y)', 'names y'],
    ['{1: y} == {}', 'names y'],
    ['{y: 1} == {}', 'names y'],
    ['fetch("a")', 'calls fetch'],
    ['claims.toString() == ""', 'calls toString'],
    ['claims.groups.map(g, g) == []', 'map() and filter()'],
    ['claims.groups.filter(g, true) == []', 'map() and filter()'],
    ['google.protobuf.Struct{} == 1', 'protobuf'],
    ['claims.sub.matches(claims.sub)', 'written out'],
    ['claims.sub.matches("a" + "b")', 'written out'],
    ['claims.sub.matches(1)', 'written out'],
    ['claims.sub.matches("[")', 'cannot be read'],
    ['claims.sub.matches("(?=a)")', 'cannot be read'],
    ['claims.sub.matches("(a)\\\\1")', 'cannot be read'],
    [`claims.sub.matches("${'a'.repeat(257)}")`, 'at most 256'],
    ['claims.sub.matches("a{1000}{1000}")', 'cannot be read'],
    ['claims.sub.matches("((a|b|c){500}){2}")', 'too large'],
    ['[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))', 'nests macros'],
    [`${'('.repeat(1000)}1${')'.repeat(1000)}`, 'cannot be read'],
    [`${'['.repeat(1000)}1${']'.repeat(1000)}`, 'cannot be read'],
  ])('refuses %s', (expression, words) => {
    expect(compileCel(expression)).toEqual({ ok: false, error: expect.stringContaining(words) });
  });

  describe('A30 A98 is bounded in work', () => {
    const many = Array.from({ length: 4000 }, (_, index) => `g${index}`);
    const hostile: JsonObject = { groups: many, text: 'a'.repeat(12_000), nested: { groups: many } };
    const stopped = { ok: false, detail: 'took too much work and was stopped' };

    it.each([
      'claims.groups.all(a, claims.groups.all(b, true))',
      'claims.groups.exists(a, claims.groups.exists(b, claims.groups.exists(c, false)))',
      // Each inner macro ends at once, but only after its list was laid out.
      'claims.groups.all(a, claims.groups.exists(b, true))',
      // What went over the limit cannot be hidden behind an or.
      'claims.groups.all(a, claims.groups.all(b, true)) || true',
      '{1: claims.groups.all(a, claims.groups.all(b, true))} == {1: true}',
      'claims.groups.all(a, claims.nested.groups.exists(b, b == a))',
      'claims.groups.all(a, a in claims.groups)',
      'claims.groups.all(a, !claims.text.contains("b"))',
      'claims.groups.all(a, claims == claims)',
      'claims.groups.all(a, claims.text.matches("a{100}"))',
      'claims.text.matches("((a|b|c){100}){2}")',
      '[claims.text].exists(a, [a+a+a+a+a+a+a+a].exists(b, [b+b+b+b+b+b+b+b].exists(c, c+c+c+c+c+c+c+c == c)))',
      '[[claims,claims,claims,claims]].exists(a, [[a,a,a,a,a,a,a]].exists(b, [[b,b,b,b,b,b,b]].exists(c, c == [c,c])))',
    ])('%s is stopped', (expression) => {
      expect(run(expression, hostile)).toEqual(stopped);
    });

    it.each([
      'claims.groups.exists(g, g == "g3999")',
      'claims.text.matches("^(a+)+$")',
      '!claims.text.matches("^(a|aa)+b$")',
      '!claims.text.matches("(x+x+)+y")',
    ])('%s is not', (expression) => {
      expect(run(expression, hostile).ok).toBe(true);
    });

    it('A30 keeps no state between uses', () => {
      const compiled = compileCel('claims.text.matches("^a+$") && claims.groups.all(g, g != "x")');
      const answers = Array.from(
        { length: 50 },
        (_, index) => compiled.ok && compiled.value(index % 2 === 0 ? hostile : { ...hostile, text: 'b' }).ok,
      );
      expect(answers).toEqual(answers.map((_, index) => index % 2 === 0));
    });

    it('a stopped evaluation does not stop the next', () => {
      const compiled = compileCel('claims.groups.all(a, claims.groups.all(b, true))');
      expect(compiled.ok && compiled.value(hostile)).toEqual(stopped);
      expect(compiled.ok && compiled.value({ groups: ['a', 'b'] }).ok).toBe(true);
    });
  });

  it('A35 claims nested too deep refuse', () => {
    const nest = (depth: number) => Array.from({ length: depth }).reduce<JsonValue>((inner) => [inner], 1);
    expect(run('true', { deep: nest(30) }).ok).toBe(true);
    expect(run('true', { deep: nest(3000) })).toEqual({
      ok: false,
      detail: expect.stringContaining('nested'),
    });
  });

  it('never throws, whatever the expression and the claims', () => {
    const word = fc.constantFrom(
      'claims',
      '.sub',
      '.groups',
      '["a"]',
      '[0]',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ':',
      ',',
      '.',
      '?',
      '!',
      '-',
      '==',
      '&&',
      '||',
      '+',
      ' in ',
      '1',
      '"a"',
      'true',
      'null',
      '.all(x, ',
      '.exists(x, ',
      'x',
      '.matches("a*")',
      'size(',
      'has(',
      'int(',
      'timestamp(',
    );
    const expression = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
    const object = fc.dictionary(fc.constantFrom('sub', 'groups', 'a', '__proto__'), fc.jsonValue());
    fc.assert(
      fc.property(expression, object, (text, values) => {
        const outcome = run(text, values as JsonObject);
        expect(typeof outcome.detail).toBe('string');
        expect(outcome.ok).toBe(outcome.detail === 'gave true');
      }),
      { numRuns: 500 },
    );
  });
});
