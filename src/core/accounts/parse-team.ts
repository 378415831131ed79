import { fail, ok, type Result } from '../result.ts';
import { problem, type RegistrationProblem } from '../trust/registration-problem.ts';
import { refuseDescription, refuseKeyName } from './refuse-name.ts';
import type { Team } from './team.ts';

/** A team as it is asked for. */
export type TeamInput = Pick<Team, 'name' | 'description'>;

/** Every invariant of a team. */
export const parseTeam = (input: TeamInput): Result<TeamInput, readonly RegistrationProblem[]> => {
  const name = refuseKeyName(input.name);
  const problems = [
    ...(name === null ? [] : [problem('/name', name)]),
    ...refuseDescription(input.description),
  ];
  return problems.length === 0 ? ok({ name: input.name, description: input.description }) : fail(problems);
};
