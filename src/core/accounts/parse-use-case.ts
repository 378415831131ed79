import { fail, ok, type Result } from '../result.ts';
import { problem, type RegistrationProblem } from '../trust/registration-problem.ts';
import { refuseDescription, refuseKeyName } from './refuse-name.ts';
import { anyScope, type UseCase } from './use-case.ts';

/** The most scopes a use case or an account may hold. */
export const maxScopes = 200;

/** scope-token of RFC 6749 §3.3. */
const scopeToken = /^[\u0021\u0023-\u005b\u005d-\u007e]{1,128}$/;

/** A use case as it is asked for. */
export type UseCaseInput = Pick<UseCase, 'name' | 'description' | 'scopes'>;

/** Every invariant of a use case but for its use by accounts, which only the store knows. */
export const parseUseCase = (input: UseCaseInput): Result<UseCaseInput, readonly RegistrationProblem[]> => {
  const name = refuseKeyName(input.name);
  const unbounded = input.scopes.length === 1 && input.scopes[0] === anyScope;
  const problems = [
    ...(name === null ? [] : [problem('/name', name)]),
    ...refuseDescription(input.description),
    ...(unbounded ? [] : refuseScopes(input.scopes)),
  ];
  if (problems.length > 0) return fail(problems);
  return ok({ name: input.name, description: input.description, scopes: [...new Set(input.scopes)] });
};

/** What is wrong with a list of scopes (RFC 6749 §3.3); `*` is not one of them. */
export const refuseScopes = (scopes: readonly string[]): readonly RegistrationProblem[] => {
  if (scopes.length > maxScopes) return [problem('/scopes', `At most ${maxScopes} scopes.`)];
  return scopes.flatMap((scope, index) => {
    if (scope === anyScope) {
      return [
        problem(`/scopes/${index}`, 'The scope * stands alone, and only in a use case. Name the scopes.'),
      ];
    }
    return scopeToken.test(scope)
      ? []
      : [
          problem(
            `/scopes/${index}`,
            'A scope is 1 to 128 printable ASCII characters without space, quote and back-slash.',
          ),
        ];
  });
};
