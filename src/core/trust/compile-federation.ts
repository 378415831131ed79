import type { JsonObject } from '../json.ts';
import { fail, ok, type Result } from '../result.ts';
import { type CelOutcome, compileCel } from './conditions/cel.ts';
import { type CompiledCondition, compileCondition } from './conditions/compile-condition.ts';
import type { Federation } from './federation.ts';
import { compilePattern, countLiteralSegments } from './pattern.ts';
import { problem, type RegistrationProblem } from './registration-problem.ts';

/** What a federation asks beyond issuer, subject and audience, ready to be held against tokens. Immutable. */
export interface CompiledFederation {
  readonly conditions: readonly CompiledCondition[];
  readonly cel: ((claims: JsonObject) => CelOutcome) | null;
}

const maxConditions = 20;

/**
 * Makes a federation ready, the same way for registration and for an exchange. Whether it is wise, say on a shared
 * issuer, is a question of registration alone.
 *
 * @returns every problem, each with a JSON pointer into the federation
 */
export const compileFederation = (
  federation: Federation,
): Result<CompiledFederation, readonly RegistrationProblem[]> => {
  const problems: RegistrationProblem[] = [];

  const subject = refuseSubject(federation);
  if (subject !== null) problems.push(subject);

  if (federation.audience === '') problems.push(problem('/audience', 'The audience is empty.'));

  if (federation.conditions.length > maxConditions) {
    problems.push(problem('/conditions', `A federation has at most ${maxConditions} conditions.`));
  }
  const conditions: CompiledCondition[] = [];
  for (const [index, condition] of federation.conditions.slice(0, maxConditions).entries()) {
    const compiled = compileCondition(condition);
    if (compiled.ok) conditions.push(compiled.value);
    else problems.push(problem(`/conditions/${index}`, compiled.error));
  }

  const cel = federation.cel === null ? ok(null) : compileCel(federation.cel);
  if (!cel.ok) problems.push(problem('/cel', cel.error));

  return cel.ok && problems.length === 0 ? ok({ conditions, cel: cel.value }) : fail(problems);
};

/** Exactly one of subject and pattern; neither may be open to the whole issuer (A31). */
const refuseSubject = ({
  subject,
  subjectPattern,
}: Pick<Federation, 'subject' | 'subjectPattern'>): RegistrationProblem | null => {
  if (subject !== null) {
    if (subjectPattern !== null)
      return problem('/subjectPattern', 'Give either subject or subjectPattern, not both.');
    return subject === '' ? problem('/subject', 'The subject is empty.') : null;
  }
  if (subjectPattern === null) return problem('/subject', 'The subject is missing.');
  const pattern = compilePattern(subjectPattern);
  if (!pattern.ok) return problem('/subjectPattern', pattern.error);
  return countLiteralSegments(subjectPattern) === 0
    ? problem(
        '/subjectPattern',
        'The pattern is open to the whole issuer. Begin it with the part that names the owner.',
      )
    : null;
};
